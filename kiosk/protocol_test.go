// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func protocolDocument(t *testing.T) string {
	t.Helper()
	return string(must[[]byte](t)(os.ReadFile("../deploy/kiosk-protocol.md")))
}

// Rows: D1
func TestProtocolDocumentIsWhatHappens(t *testing.T) {
	b := newBench(t)
	blocks := regexp.MustCompile("(?s)```(http|json)\n(.*?)\n```").FindAllStringSubmatch(protocolDocument(t), -1)
	v := &visit{bench: b, terminal: "t-1"}
	asked := 0
	for i := 0; i+1 < len(blocks); i += 2 {
		if blocks[i][1] != "http" || blocks[i+1][1] != "json" {
			t.Fatalf("block %d: a request is not followed by its answer", i)
		}
		line, body, _ := strings.Cut(blocks[i][2], "\n")
		path := strings.ReplaceAll(strings.TrimPrefix(line, "POST "), "{session}", v.last.Session)
		w := b.post("t-1", path, v.fillIn(body))
		if w.Code >= 300 {
			t.Fatalf("%s\n%s\n%d %s", line, body, w.Code, w.Body)
		}
		v.take(w)
		var want, got any
		if err := json.Unmarshal([]byte(blocks[i+1][2]), &want); err != nil {
			t.Fatalf("%s: %v", blocks[i+1][2], err)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if diff := differs(want, got, ""); diff != "" {
			t.Errorf("%s\nanswers otherwise at %s:\n%s", body, diff, w.Body)
		}
		asked++
	}
	if asked < 20 || !v.last.Over {
		t.Errorf("the walk has %d steps, and ends on %s", asked, v.last.Screen.ID)
	}
}

// fillIn puts the real values in the place of "…" in a request.
func (v *visit) fillIn(body string) string {
	if v.last.Challenge != nil && strings.Contains(body, `"card_read"`) {
		for name, value := range v.read().Card {
			text := string(must[[]byte](v.t)(json.Marshal(value)))
			body = strings.Replace(body, `"`+name+`": "…"`, `"`+name+`": `+text, 1)
		}
	}
	body = strings.Replace(body, `"application": "…"`, `"application": "`+v.held.Application+`"`, 1)
	return strings.Replace(body, `"receipt": "…"`, `"receipt": "`+v.held.Receipt+`"`, 1)
}

// differs returns where got is not what want says: members that want does not
// name may be there, and "…" is anything that is.
func differs(want, got any, at string) string {
	if want == "…" {
		if got == nil {
			return at + " (missing)"
		}
		return ""
	}
	w, ok := want.(map[string]any)
	if !ok {
		if !reflect.DeepEqual(want, got) {
			return at
		}
		return ""
	}
	g, ok := got.(map[string]any)
	if !ok {
		return at
	}
	for name, value := range w {
		if diff := differs(value, g[name], at+"/"+name); diff != "" {
			return diff
		}
	}
	return ""
}

// Every screen, event, input, cue and problem is in the document, and the
// document has no other.
func TestProtocolDocumentNamesEverything(t *testing.T) {
	text := protocolDocument(t)
	section := func(name string) map[string]bool {
		_, after, ok := strings.Cut(text, "\n## "+name+"\n")
		if !ok {
			t.Fatalf("no section %s", name)
		}
		body, _, _ := strings.Cut(after, "\n## ")
		words := map[string]bool{}
		for line := range strings.Lines(body) {
			if strings.HasPrefix(line, "| ") {
				for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(line, -1) {
					words[m[1]] = true
				}
			}
		}
		return words
	}
	var screens, problems []string
	for w := range section("Screens") {
		screens = append(screens, w)
	}
	screens = slices.DeleteFunc(screens, func(w string) bool { return w == "offline" && !slices.Contains(ScreenIDs(), w) })
	if slices.Sort(screens); !slices.Equal(screens, slices.Sorted(slices.Values(ScreenIDs()))) {
		t.Errorf("screens of the document: %v\nof the program: %v", screens, slices.Sorted(slices.Values(ScreenIDs())))
	}
	named := section("Events")
	for _, e := range EventTypes() {
		needs, may := e.members()
		for _, member := range slices.Concat([]string{string(e)}, needs, may) {
			if !named[member] {
				t.Errorf("event %s: %s is not in the document", e, member)
			}
		}
	}
	named = section("Problems")
	for _, r := range table().Rules {
		problems = append(problems, r.Problem.Code)
		if !named[r.Problem.Code] {
			t.Errorf("problem %s is not in the document", r.Problem.Code)
		}
	}
	for w := range named {
		if !slices.Contains(problems, w) {
			t.Errorf("problem %s of the document does not exist", w)
		}
	}
	checkCues(t, section("Inputs and cues"))
}

// checkCues collects every input and cue that any state can give.
func checkCues(t *testing.T, named map[string]bool) {
	t.Helper()
	used := map[string]bool{"none": true, "return": true}
	b := newBench(t)
	for _, s := range b.everyState() {
		c := s.cues()
		for _, w := range []string{string(s.input()), c.Lamp, c.Shutter, c.Printer, c.Reader, c.Coins, c.Sound, s.fee().State, "primary", "plain", "cancel"} {
			used[w] = true
		}
		s.Settled, s.EscrowYen = true, 100
		for kept := range 3 {
			s.CaptureYen, s.ReturnYen = []int{100, 0, 50}[kept], []int{0, 100, 50}[kept]
			used[s.fee().State] = true
		}
	}
	for w := range used {
		if !named[w] {
			t.Errorf("cue %s is not in the document", w)
		}
	}
	for w := range maps.Keys(named) {
		if !used[w] && w != "input" {
			t.Errorf("cue %s of the document is never given", w)
		}
	}
}
