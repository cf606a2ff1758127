// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// files lists every file below dir with its size.
func files(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	list := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			list[path] = info.Size()
		}
		return nil // one that goes meanwhile is none
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// watchedFiles are the files that a process has had open for writing.
type watchedFiles struct {
	mu     sync.Mutex
	names  map[string]bool
	handed map[string]bool
	stop   chan struct{}
}

// watchFiles looks every few milliseconds what process pid has open.
func watchFiles(t *testing.T, pid int) *watchedFiles {
	t.Helper()
	w := &watchedFiles{names: map[string]bool{}, stop: make(chan struct{}), handed: map[string]bool{}}
	for _, fd := range must(os.ReadDir("/proc/self/fd"))(t) {
		if name, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil {
			w.handed[name] = true // open before, and handed on to whatever is started
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			w.look(pid)
			select {
			case <-w.stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	t.Cleanup(func() { close(w.stop); <-done })
	return w
}

func (w *watchedFiles) look(pid int) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	list, _ := os.ReadDir(dir)
	for _, fd := range list {
		name, err := os.Readlink(filepath.Join(dir, fd.Name()))
		if err != nil || w.handed[name] || !strings.HasPrefix(name, "/") || strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/") || strings.HasPrefix(name, "/sys/") {
			continue
		}
		info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", pid, fd.Name()))
		if err != nil || !writable(string(info)) {
			continue
		}
		w.mu.Lock()
		w.names[name] = true
		w.mu.Unlock()
	}
}

// writable reads the access mode of fdinfo's octal flags.
func writable(info string) bool {
	for line := range strings.Lines(info) {
		if flags, ok := strings.CutPrefix(line, "flags:"); ok {
			flags = strings.TrimSpace(flags)
			return flags != "" && flags[len(flags)-1] != '0' && flags[len(flags)-1] != '4'
		}
	}
	return false
}

func (w *watchedFiles) list() (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.names {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
