// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzTexts puts any file in the place of a table, and any text into a whole
// one: it is refused, or every screen has words in which nothing is left to
// fill.
func FuzzTexts(f *testing.F) {
	data, err := fs.ReadFile(embeddedTexts(), "en.json")
	if err != nil {
		f.Fatal(err)
	}
	whole, faults := parseTable("en", data)
	if len(faults) > 0 {
		f.Fatal(faults)
	}
	f.Add([]byte(`{"language":"en","screens":{"pay":{"title":"{","body":[""],"speech":"}"}}}`), "Insert money", "{yen} × {copies} = {total}", "{total} yen. Thank you.")
	f.Add([]byte(`{"screens":null}`), "", "{{yen}}", "<b>")
	f.Add([]byte(`{"name":"a","name":"b"}`), "{yen}", "｛yen｝ {copies} {total} {", "(a)")
	f.Fuzz(func(t *testing.T, data []byte, title, line, speech string) {
		if _, err := loadTexts(fstest.MapFS{"en.json": {Data: data}}); err == nil {
			t.Fatal("one language is enough")
		}
		c := &textCheck{file: "en.json"}
		s := whole.Screens["pay"]
		s.Title, s.Body, s.Speech = title, []string{line}, speech
		c.screen("pay", s)
		if len(c.faults) > 0 {
			return
		}
		s = s.filled(map[string]string{"yen": "120", "copies": "1", "total": "120"})
		if s.Title == "" || len(s.Body) != 1 || s.Speech == "" || strings.ContainsAny(s.Title+s.Body[0]+s.Speech, "{}<>") {
			t.Fatalf("%q", s)
		}
	})
}

// FuzzTextFill checks the small functions on any text.
func FuzzTextFill(f *testing.F) {
	f.Add("合計{total}円です。投入口にお金を入れてください。")
	f.Add("Closed now. Open again: {until}. Please wait.")
	f.Add("{{a}} } { {")
	f.Fuzz(func(t *testing.T, s string) {
		if got := strings.Join(sentences(s), ""); got != s {
			t.Fatalf("sentences of %q make %q", s, got)
		}
		names, ok := placeholders(s)
		values := map[string]string{}
		for _, n := range names {
			values[n] = "1"
		}
		if filled := fill(s, values); ok && strings.ContainsAny(filled, "{}") {
			t.Fatalf("%q is filled to %q", s, filled)
		}
		if !slices.IsSorted(names) {
			t.Fatalf("names %q", names)
		}
	})
}
