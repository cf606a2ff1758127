// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// mapping is a readable part of a process's memory.
type mapping struct {
	from, to uint64
	perms    string
	name     string
}

// mappings lists what of process pid can be read, but for what the kernel
// shows to every process alike and for code and constants, which a program
// cannot write to.
func mappings(t *testing.T, pid int) (list []mapping) {
	t.Helper()
	f := must(os.Open(fmt.Sprintf("/proc/%d/maps", pid)))(t)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var m mapping
		var offset, device, inode string
		if _, err := fmt.Sscanf(s.Text(), "%x-%x %s %s %s %s", &m.from, &m.to, &m.perms, &offset, &device, &inode); err != nil {
			t.Fatal(err)
		}
		if f := strings.Fields(s.Text()); len(f) > 5 {
			m.name = f[5]
		}
		if strings.HasPrefix(m.perms, "rw") && !strings.HasPrefix(m.name, "[v") {
			list = append(list, m)
		}
	}
	return list
}

// memory is the process as it lies there, all mappings one after the other.
func memory(t *testing.T, pid int) (image []byte, at []mapping) {
	t.Helper()
	f := must(os.Open(fmt.Sprintf("/proc/%d/mem", pid)))(t)
	defer f.Close()
	for _, m := range mappings(t, pid) {
		part := make([]byte, m.to-m.from)
		n, err := f.ReadAt(part, int64(m.from))
		if err != nil && !errors.Is(err, io.EOF) && n == 0 {
			continue // a guard page, or gone
		}
		image = append(image, part[:n]...)
		at = append(at, m)
	}
	if len(bytes.Trim(image, "\x00")) == 0 {
		t.Fatal("nothing of the process's memory could be read")
	}
	return image, at
}
