// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// FuzzTexts puts anything in the place of one table: it is refused, or every
// screen has words in which nothing is left to fill.
func FuzzTexts(f *testing.F) {
	files := fstest.MapFS{}
	for _, lang := range languages() {
		data, err := fs.ReadFile(embeddedTexts(), lang+".json")
		if err != nil {
			f.Fatal(err)
		}
		files[lang+".json"] = &fstest.MapFile{Data: data}
	}
	whole := string(files["en.json"].Data)
	f.Add([]byte(whole))
	f.Add([]byte(strings.Replace(whole, "{total}", "{Total}", 1)))
	f.Add([]byte(strings.Replace(whole, "Insert money", "{{yen}}", 1)))
	f.Add([]byte(`{"language":"en","screens":{"pay":{"title":"{","body":[""],"speech":"}"}}}`))
	f.Add([]byte(`{"screens":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		mine := fstest.MapFS{}
		for name, file := range files {
			mine[name] = file
		}
		mine["en.json"] = &fstest.MapFile{Data: data}
		loaded, err := loadTexts(mine)
		if err != nil {
			if loaded != nil {
				t.Fatal("texts with an error")
			}
			return
		}
		for _, id := range ScreenIDs() {
			s, ok := loaded.screen("en", id)
			values := map[string]string{}
			for _, name := range placeholdersOf("screens", id) {
				values[name] = "1"
			}
			s = s.filled(values)
			if !ok || s.Title == "" || s.Speech == "" || strings.ContainsAny(s.Title+strings.Join(s.Body, "")+s.Speech, "{}") {
				t.Fatalf("%s: %q", id, s)
			}
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
