// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

func TestParseBlocks(t *testing.T) {
	const head = "ticket,handle,from,until,class\r\n"
	list, wrong, err := parseBlocks([]byte("\uFEFF" + head + "1234567890,,2026-04-01,2026-04-01,stopped\r\n,AAAAAAAAAAAAAAAA,2026-04-01,,protective\n"))
	if err != nil || len(wrong) > 0 || len(list) != 2 || list[0].Ticket.Reveal() != "1234567890" || list[0].Block.Until.String() != "2026-04-01" ||
		list[1].Handle != "AAAAAAAAAAAAAAAA" || list[1].Block.Class != cert.Protective || !list[1].Block.Until.IsZero() {
		t.Errorf("%d rows, %v, %v", len(list), wrong, err)
	}
	for name, c := range map[string]struct {
		text string
		row  int // 0: the file itself is refused
	}{
		"nothing":        {"", 0},
		"no heading":     {"1234567890,,2026-04-01,,stopped\n", 0},
		"Shift_JIS":      {head + "\x90\xe9\n", 0},
		"too many":       {head + strings.Repeat("1234567890,,2026-04-01,,stopped\n", vrsclient.MaxBlocks+1), 0},
		"both":           {head + "1234567890,AAAAAAAAAAAAAAAA,2026-04-01,,stopped\n", 1},
		"neither":        {head + ",,2026-04-01,,stopped\n", 1},
		"wide digits":    {head + "１２３４５６７８９０,,2026-04-01,,stopped\n", 1},
		"a month":        {head + "1234567890,,2026-04,,stopped\n", 1},
		"no such day":    {head + "1234567890,,2026-02-30,,stopped\n", 1},
		"no beginning":   {head + "1234567890,,,,stopped\n", 1},
		"no class":       {head + "1234567890,,2026-04-01,,\n", 1},
		"second row":     {head + "1234567890,,2026-04-01,,stopped\n1234567890,,2026-04-01,2026-03-31,stopped\n", 2},
		"an open quote":  {head + "1234567890,,2026-04-01,,stopped\n\"1234567890,,\n", 2},
		"one column off": {head + "1234567890,,2026-04-01,,stopped,\n", 1},
	} {
		_, wrong, err := parseBlocks([]byte(c.text))
		if (c.row == 0) != (err != nil) || c.row > 0 && (len(wrong) == 0 || wrong[0].row != c.row) {
			t.Errorf("%s: %v %v", name, wrong, err)
		}
		for _, w := range wrong {
			if strings.Contains(w.what, "1234567890") {
				t.Errorf("%s: repeats what stands there: %s", name, w.what)
			}
		}
	}
}

// FuzzParseBlocks: whatever comes, rows are taken only when nothing is wrong
// with them, and the record service's client would send them.
func FuzzParseBlocks(f *testing.F) {
	for _, seed := range []string{"", "ticket,handle,from,until,class\n", "\uFEFFticket,handle,from,until,class\n1234567890,,2026-04-01,,stopped\n",
		"ticket,handle,from,until,class\n,AAAAAAAAAAAAAAAA,2026-04-01,2026-04-02,protective\n\"", "ticket,handle,from,until,class\n1,2,3\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, wrong, err := parseBlocks(data)
		if err != nil || len(wrong) > 0 {
			return
		}
		for _, r := range list {
			if (r.Ticket == "") == (r.Handle == "") || !r.Block.Class.Valid() || !r.Block.From.Full() {
				t.Errorf("taken: %+v", r.Block)
			}
		}
	})
}

// TestBlocksHoldAtOnce: a person of the list is none to the app from then on,
// whatever stood in the list before; what is refused changes nothing.
//
// Rows: E7
func TestBlocksHoldAtOnce(t *testing.T) {
	s := makeSite(t)
	start(t, s)
	resident := vrs.Residents()[0]
	p, wish := s.phone(t, resident)
	town := string(resident.Municipality)
	asks := func(when string, served bool) {
		t.Helper()
		if _, err := p.Ask(t.Context(), wish); (err == nil) != served {
			t.Errorf("%s: %v", when, err)
		}
	}
	lists := map[string]string{
		"one.csv":   resident.Ticket + ",,2021-01-01,,protective\n",
		"over.csv":  resident.Ticket + ",,2021-01-01,2021-01-02,stopped\n",
		"wrong.csv": resident.Ticket + ",,2021-01-01,,protective\n0000000000,,2021-01-01,,stopped\n",
	}
	for name, rows := range lists {
		if err := s.write(name, []byte("ticket,handle,from,until,class\n"+rows)); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name string) string { return filepath.Join(s.dir, name) }
	asks("before", true)
	s.staffDoes(t, "blocks", "import", file("one.csv"), "-municipality", town, "-dry-run")
	asks("after a dry run", true)
	if said := s.staffFails(t, "blocks", "import", file("wrong.csv"), "-municipality", town); !strings.Contains(said, "row 2: ") || strings.Contains(said, "row 1: ") {
		t.Error(said)
	}
	asks("after a list that is wrong", true)
	s.staffDoes(t, "blocks", "import", file("one.csv"), "-municipality", town)
	asks("blocked", false)
	s.staffDoes(t, "blocks", "import", file("over.csv"), "-municipality", town)
	asks("after its end", true)
	log := s.staffDoes(t, "log")
	if !strings.Contains(log, "hanako\tblocks.import\t"+town+"\tprotective=1; rows=1; stopped=0") || strings.Contains(log, resident.Ticket) || strings.Count(log, "blocks.import") != 2 {
		t.Errorf("the log says\n%s", log)
	}
}
