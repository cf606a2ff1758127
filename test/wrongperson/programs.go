// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrMissing says which program of somebody else's is to be installed.
var ErrMissing = errors.New("wrongperson: a program is missing")

// Build builds kofu, with build tags, and the record service's stand-in into
// dir. root is the project's.
func Build(ctx context.Context, root, dir, tags string) error {
	for _, program := range [][]string{{"-tags", tags, "./cmd/kofu"}, {"./cmd/vrs"}} {
		c := exec.CommandContext(ctx, "go", append([]string{"build", "-o", dir + string(filepath.Separator)}, program...)...)
		c.Dir = root
		if said, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("wrongperson: build: %w: %s", err, said)
		}
	}
	return nil
}

// find returns the path of a program, in the path or where pattern matches.
func find(name, pattern string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if found, _ := filepath.Glob(pattern); len(found) > 0 {
		return found[len(found)-1], nil
	}
	return "", fmt.Errorf("%w: install %s", ErrMissing, name)
}

// process is a program that runs.
type process struct {
	name string
	cmd  *exec.Cmd
	said tail
	done chan struct{}
}

// launch starts a program. as is who runs it; nil: who runs this.
func launch(name string, as *syscall.SysProcAttr, env []string, path string, args ...string) (*process, error) {
	return launchTo(nil, name, as, env, path, args...)
}

// launchTo is launch with somebody who hears all that is said; nil: nobody.
func launchTo(hears io.Writer, name string, as *syscall.SysProcAttr, env []string, path string, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(path, args...), done: make(chan struct{})}
	if as == nil {
		as = new(syscall.SysProcAttr)
	}
	as.Pdeathsig = syscall.SIGKILL // nothing outlives a test, however that ends
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = &p.said, &p.said, as
	if hears != nil {
		all := io.MultiWriter(&p.said, hears)
		p.cmd.Stdout, p.cmd.Stderr = all, all
	}
	if env != nil {
		p.cmd.Env = append(p.cmd.Environ(), env...)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("wrongperson: start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// end sends a signal, and kills what is still there after five seconds.
func (p *process) end(by syscall.Signal) {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(by)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// ended reports whether it is over.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// tail keeps the last of what a program says, and every line in which a replica
// says that a certificate was not what it should be.
type tail struct {
	mu     sync.Mutex
	text   bytes.Buffer
	alarms []string
}

// alarmForm is what the log says of it.
var alarmForm = regexp.MustCompile(`did not say what it should|getting mixed up`)

const tailKept = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range bytes.Lines(p) {
		if bytes.Contains(line, []byte(`"level":"ERROR"`)) && alarmForm.Match(line) {
			t.alarms = append(t.alarms, strings.TrimSpace(string(line)))
		}
	}
	t.text.Write(p)
	if over := t.text.Len() - tailKept; over > 0 {
		t.text.Next(over)
	}
	return len(p), nil
}

// rung returns these lines.
func (t *tail) rung() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.alarms)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// free returns an address nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// errEnded is what no waiting mends.
var errEnded = errors.New("wrongperson: a program has ended")

// until asks again and again whether something is so, for as long as limit.
func until(ctx context.Context, limit time.Duration, what string, so func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := so()
		if err == nil {
			return nil
		}
		if errors.Is(err, errEnded) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wrongperson: %s: %w", what, err)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// answers dials an address once.
func answers(addr string) func() error {
	return func() error {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return err
		}
		return c.Close()
	}
}
