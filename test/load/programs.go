// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Build builds kofu and the record service's stand-in into dir. root is the
// project's.
func Build(ctx context.Context, root, dir string) error {
	c := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator), "./cmd/kofu", "./cmd/vrs")
	c.Dir = root
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("load: build: %w: %s", err, said)
	}
	return nil
}

// process is a program that runs.
type process struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	said bytes.Buffer
	done chan struct{}
}

// said keeps the beginning of what a program says; a log is longer than that.
const saidKept = 64 << 10

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.said.Len() < saidKept {
		p.said.Write(b)
	}
	return len(b), nil
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// launch starts a program on the processors that are for it.
func launch(on string, path string, args ...string) (*process, error) {
	if on != "" {
		path, args = "taskset", append([]string{"-c", on, path}, args...)
	}
	p := &process{cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // nothing outlives a measurement
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("load: start %s: %w", filepath.Base(path), err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// end ends it, at once if need be.
func (p *process) end() {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// apart says on which processors the server runs, and on which all others do:
// "" where there is one, or no taskset.
func apart() (server, others string) {
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		return "", ""
	}
	return "0", "1-" + strconv.Itoa(runtime.NumCPU()-1)
}

// moveOver leaves the server's processor to the server.
func moveOver(to string) error {
	if to == "" {
		return nil
	}
	if said, err := exec.Command("taskset", "-a", "-p", "-c", to, strconv.Itoa(os.Getpid())).CombinedOutput(); err != nil {
		return fmt.Errorf("load: taskset: %w: %s", err, said)
	}
	return nil
}

func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// until asks again and again whether something is so, while p lives.
func (p *process) until(ctx context.Context, limit time.Duration, so func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := so()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return errors.New("load: a program has ended: " + p.text())
		case <-ctx.Done():
			return fmt.Errorf("load: not ready: %w: %s", err, p.text())
		case <-time.After(25 * time.Millisecond):
		}
	}
}
