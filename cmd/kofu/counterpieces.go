// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"

	"kofu/cmd/internal/checkpoint"
)

// counter reads what the door for offices is made of, where there is one, and
// where the head of the operation log goes.
func (l *loader) counter(p *parts) {
	if c := p.config.Listen.Counter; c.served() {
		p.counter = l.mutual("listen.counter", c)
	}
	c := p.config.Counter.Checkpoints
	if c.Key == "" || len(c.faults(false)) > 0 {
		return
	}
	n := &noting{every: c.Every.or(checkpointEvery), instance: checkpoint.InstanceName(hostName())}
	if key := l.word("counter.checkpoints.key", c.Key); key != nil {
		var err error
		n.signer, err = checkpoint.ParseSigner(string(key))
		l.say("counter.checkpoints.key", err)
	}
	if c.File != "" {
		path := l.path(c.File)
		l.inFolder("counter.checkpoints.file", filepath.Dir(path))
		n.places = append(n.places, checkpoint.NewFile(path))
	}
	if c.Folder != "" {
		path := l.path(c.Folder)
		l.inFolder("counter.checkpoints.folder", path)
		n.places = append(n.places, checkpoint.NewFolder(path))
	}
	if c.Syslog != "" {
		server, err := checkpoint.NewSyslog(c.Syslog)
		l.say("counter.checkpoints.syslog", err)
		n.places = append(n.places, server)
	}
	p.noting = n
}

// hostName is what the machine is called; empty when it does not say.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
