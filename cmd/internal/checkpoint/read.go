// SPDX-License-Identifier: Apache-2.0

package checkpoint

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Limits of what is read. A note has at most about 400 bytes.
const (
	maxNote = 1 << 10
	maxLine = 8 << 10
)

// History is what checkpoints say together.
type History struct {
	Count       int
	CutOff      int            // lines that a process left unfinished, and said so
	Hashes      map[int]string // of the rows, by number
	First, Last time.Time
	Silence     time.Duration // the longest from one checkpoint to the next, whoever wrote them

	last map[string]Checkpoint // by instance
}

// Read reads files and folders of checkpoints, in the order given, which is
// that of time. Every one is opened, and held against those before:
// [ErrCheckpoint], [ErrSignature] and [ErrOrder] tell in which file and line
// the first is that is not as it was written.
func (v *Verifier) Read(paths ...string) (*History, error) {
	h := &History{Hashes: map[int]string{}, last: map[string]Checkpoint{}}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("checkpoint: read: %w", err)
		}
		if info.IsDir() {
			err = h.folder(v, path)
		} else {
			err = h.file(v, path)
		}
		if err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *History) folder(v *Verifier, path string) error {
	entries, err := os.ReadDir(path) // by name, which begins with the time
	if err != nil {
		return fmt.Errorf("checkpoint: read: %w", err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		name := filepath.Join(path, e.Name())
		data, err := os.ReadFile(name) // #nosec G304 -- the operator names the folder
		if err != nil {
			return fmt.Errorf("checkpoint: read: %w", err)
		}
		c, err := v.Open(data)
		if err == nil {
			err = h.add(c)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (h *History) file(v *Verifier, path string) error {
	f, err := os.Open(path) // #nosec G304 -- the operator names it
	if err != nil {
		return fmt.Errorf("checkpoint: read: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := h.lines(v, f); err != nil {
		return fmt.Errorf("%s:%w", path, err)
	}
	return nil
}

// lines reads what [File] wrote or a log server kept. An error begins with the
// number of its line.
func (h *History) lines(v *Verifier, in io.Reader) error {
	r := bufio.NewReaderSize(in, maxLine)
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		whole := err == nil
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("%d: %w", n, ErrCheckpoint)
		case err != nil && !errors.Is(err, io.EOF):
			return fmt.Errorf("%d: checkpoint: read: %w", n, err)
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		if bytes.HasSuffix(line, []byte(cutOff)) {
			h.CutOff++
			continue
		}
		c, err := v.OpenLine(string(line))
		if err == nil {
			err = h.add(c)
		} else if !whole {
			h.CutOff++ // the process that wrote it ended, and none has come after it
			return nil
		}
		if err != nil {
			return fmt.Errorf("%d: %w", n, err)
		}
	}
}

// add takes a checkpoint that was signed by the origin.
func (h *History) add(c Checkpoint) error {
	before, known := h.last[c.Instance]
	switch hash, is := h.Hashes[c.Seq]; {
	case known && (c.At.Before(before.At) || c.Seq < before.Seq):
		return fmt.Errorf("%w: row %d at %s comes after row %d at %s of the same instance", ErrOrder,
			c.Seq, c.At.Format(instant), before.Seq, before.At.Format(instant))
	case is && hash != c.Hash:
		return fmt.Errorf("%w: row %d has another hash than before", ErrOrder, c.Seq)
	}
	if h.Count > 0 {
		h.Silence = max(h.Silence, c.At.Sub(h.Last))
	} else {
		h.First = c.At
	}
	if c.At.After(h.Last) {
		h.Last = c.At
	}
	h.Count++
	h.last[c.Instance], h.Hashes[c.Seq] = c, c.Hash
	return nil
}
