// SPDX-License-Identifier: Apache-2.0

package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// cutOff marks what was left of a line when a process ended while it wrote.
const cutOff = " (cut off)"

// File appends lines to a file, which is made where there is none. Whoever
// wants them to leave the host names one on a disk of another.
type File struct {
	path string
	mu   sync.Mutex
}

// NewFile says which.
func NewFile(path string) *File { return &File{path: path} }

// Write returns when the line is on the disk.
func (f *File) Write(_ context.Context, s Signed) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("checkpoint: open the file: %w", err)
	}
	line := s.Line() + "\n"
	whole, err := endsLine(file)
	if !whole {
		line = cutOff + "\n" + line
	}
	if err == nil {
		_, err = file.WriteString(line)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("checkpoint: append to the file: %w", err)
	}
	return nil
}

// endsLine reports whether a file is empty or ends with a line break.
func endsLine(f *os.File) (bool, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return true, err
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], size-1)
	return last[0] == '\n', err
}

// suffix of the files in a folder.
const suffix = ".checkpoint"

// Folder writes each checkpoint into a file of its own, and overwrites none:
// for a disk of another host, or a store of objects that can be mounted.
type Folder struct{ path string }

// NewFolder says which. It must be there.
func NewFolder(path string) *Folder { return &Folder{path} }

// Write returns when the file is on the disk.
func (f *Folder) Write(_ context.Context, s Signed) error {
	name := filepath.Join(f.path, s.At.Format("20060102T150405.000000Z")+"-"+s.Instance+suffix)
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("checkpoint: write into the folder: %w", errors.Join(err, fs.ErrExist))
	}
	// Nobody reads half a note: it has no name that is read until it is whole.
	half := name + ".part"
	if err := writeSynced(half, s.Note); err != nil {
		return fmt.Errorf("checkpoint: write into the folder: %w", errors.Join(err, os.Remove(half)))
	}
	if err := os.Rename(half, name); err != nil {
		return fmt.Errorf("checkpoint: write into the folder: %w", err)
	}
	dir, err := os.Open(f.path)
	if err != nil {
		return fmt.Errorf("checkpoint: write into the folder: %w", err)
	}
	_ = dir.Sync() // a store of objects may not know what that is
	return dir.Close()
}

func writeSynced(name string, data []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- the operator names the folder
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// Syslog sends lines to a log server: RFC 5424, over UDP (RFC 5426) or TCP
// with octet counting (RFC 6587 section 3.4.1). Nothing in a checkpoint is
// secret, and its signature is looked at when it is read, so it goes in the
// clear. No log server says that it has kept anything.
type Syslog struct{ network, address string }

// NewSyslog reads udp://host:port or tcp://host:port.
func NewSyslog(url string) (*Syslog, error) {
	network, address, _ := strings.Cut(url, "://")
	_, port, err := net.SplitHostPort(address)
	n, err2 := strconv.ParseUint(port, 10, 16)
	if err != nil || err2 != nil || n == 0 || network != "udp" && network != "tcp" {
		return nil, errors.New("checkpoint: a log server is udp://host:port or tcp://host:port")
	}
	return &Syslog{network, address}, nil
}

// priority is facility 13 (log audit), severity 5 (notice).
const priority = 13*8 + 5

// Write returns when the line is on its way; ctx bounds that.
func (l *Syslog) Write(ctx context.Context, s Signed) error {
	message := fmt.Sprintf("<%d>1 %s %s kofu - checkpoint - %s", priority, s.At.Format(instant), s.Instance, s.Line())
	if l.network == "tcp" {
		message = strconv.Itoa(len(message)) + " " + message
	}
	conn, err := new(net.Dialer).DialContext(ctx, l.network, l.address)
	if err != nil {
		return fmt.Errorf("checkpoint: reach the log server: %w", err)
	}
	if until, bounded := ctx.Deadline(); bounded {
		err = conn.SetDeadline(until)
	}
	if err == nil {
		_, err = io.WriteString(conn, message)
	}
	if err = errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("checkpoint: send to the log server: %w", err)
	}
	return nil
}
