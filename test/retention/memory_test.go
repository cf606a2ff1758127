// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert/canary"
)

// remembers counts what the server's memory still has of everybody, after its
// last request.
func (w *world) remembers(t *testing.T, all []*planted) {
	time.Sleep(4 * time.Second) // the last requests have ended, those too that nobody waits for: the record service has 3 s
	image, _ := memory(t, w.server.Process.Pid)
	counts := map[string]int{}
	owners := map[string]int{}
	var marks []canary.Mark
	for _, p := range all {
		list := must(p.Marks())(t)
		marks = append(marks, slices.DeleteFunc(list, func(m canary.Mark) bool { return m.What == "symbol" })...)
	}
	s := must(canary.ForMarks(marks))(t)
	s.Every = 8
	for _, h := range s.Bytes(image) {
		counts[h.Mark.What]++
		if h.Mark.What == "number" {
			owner := owner(image, int(h.Offset))
			owners[owner]++
			if owners[owner] <= 3 {
				t.Logf("%s, %s: %x %s", h, owner, image[max(0, int(h.Offset)-27):max(0, int(h.Offset)-22)], shown(image, int(h.Offset)))
			}
		}
	}
	t.Logf("%d bytes of memory", len(image))
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%-16s %5d", what, counts[what])
	}
	if n := counts["number"]; n > 0 {
		t.Errorf("after the last request %d My Numbers are in memory", n)
	}
	for _, o := range slices.Sorted(maps.Keys(owners)) {
		t.Logf("number in %-30s %5d", o, owners[o])
	}
}

// owner tells from what stands around whose memory it is.
func owner(image []byte, at int) string {
	before := image[max(0, at-8192):at]
	near := before[max(0, len(before)-200):]
	body, asked := bytes.CutSuffix(near, []byte(`{"individual_number":"`))
	switch {
	case asked && len(body) > 5 && bytes.Equal(body[len(body)-5:len(body)-2], []byte{0x17, 3, 3}):
		return "a record of crypto/tls to be sent"
	case asked:
		return "request to the record service"
	case bytes.Contains(near, []byte("individual_number")):
		return "near individual_number"
	case bytes.HasSuffix(near, []byte("mynumber=")):
		return "form of the counter"
	case bytes.HasSuffix(near, []byte{0xff, 0x10, 12}):
		return "EF0001, as bytes"
	case bytes.LastIndex(before, []byte(" HTTP/1.1\r\n")) >= 0 && bytes.Contains(before, []byte("\r\n\r\n")):
		return "after an HTTP head"
	case bytes.Contains(near, []byte(`"ef0001":"`)):
		return "JSON of a card, no head"
	}
	return "elsewhere"
}

// shown is what stands around, without digits.
func shown(image []byte, at int) string {
	around := bytes.Clone(image[max(0, at-48):min(len(image), at+48)])
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, fmt.Sprintf("%q", around))
}

// The unit that the service is run by keeps its memory off the disk.
//
// Rows: C3
func TestUnitKeepsMemoryOffTheDisk(t *testing.T) {
	unit := string(must(os.ReadFile(filepath.Join("..", "..", "deploy", "systemd", "kofu.service")))(t))
	for _, line := range []string{"LimitCORE=0", "MemorySwapMax=0", "Environment=GOTRACEBACK=none", "ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateTmp=yes"} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("no %s", line)
		}
	}
}
