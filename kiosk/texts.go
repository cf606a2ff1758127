// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
)

// textFiles are the tables the program carries, one a language.
//
//go:embed text/*.json
var textFiles embed.FS

// embeddedTexts is what [loadTexts] reads when an operator has no tables of
// their own.
func embeddedTexts() fs.FS {
	sub, _ := fs.Sub(textFiles, "text") // fails for a malformed name only
	return sub
}

// languages returns the tags (BCP 47) of the languages of the screens, in the
// order in which they are offered. ja-x-easy is やさしい日本語: short sentences,
// and a reading behind each hard word.
func languages() []string {
	return []string{"ja", "en", "ja-x-easy", "zh-Hans", "ko", "pt", "vi"}
}

// choiceIDs are the buttons with words of their own. Languages,
// municipalities, prefectures and numbers of copies have their words elsewhere.
func choiceIDs() []string {
	return []string{
		"agree", "cancel", "back", "domestic", "overseas", "more", "another", "finish", "again", "yes", "no", "correct", "wrong", "print",
	}
}

// settingIDs are the settings, and their values but languages.
func settingIDs() []string {
	return []string{
		"language", "size", "contrast", "patience",
		"size.normal", "size.large", "contrast.normal", "contrast.high", "patience.normal", "patience.long",
	}
}

// feeStates are the values of [Fee.State].
func feeStates() []string {
	return []string{"none", "due", "escrow", "captured", "returned", "settled"}
}

// wordIDs are the labels and notes of [Content], and units.
func wordIDs() []string {
	return []string{
		"name", "birth_date", "kind", "domestic", "overseas", "municipality", "passport_number", "passport_name", "nationality",
		"dose", "date", "vaccine", "product", "lot", "country", "maker",
		"note_earlier",     // the latest five doses are shown
		"note_substituted", // a character of the name is printed in its usual form
		"note_check",       // something looks wrong; what it is follows
		"note_check_dose",  // likewise, at a dose
		"note_contact",     // whom to call about it
		"copy_unit", "yen_unit",
	}
}

// prefectureCodes are 01 to 47 (JIS X 0401).
func prefectureCodes() []string {
	var codes []string
	for n := 1; n <= 47; n++ {
		codes = append(codes, fmt.Sprintf("%02d", n))
	}
	return codes
}

// placeholdersOf returns what the program fills into a text. A screen has all
// of it in its body, in every language; none in its title; in its speech what
// may be said aloud in a store, the same in every language.
//
// In busy, left counts the persons who come first; in pin_wrong, the tries.
// In out_of_hours, until is the hours in which the service is open, elsewhere
// the time at which it is expected to be open again. In pay, yen is the fee of
// one copy; in refund and return_coins what goes back. In fees, total is what
// is still due or is kept, yen what lies in escrow or goes back.
func placeholdersOf(table, key string) []string {
	switch table + "/" + key {
	case "screens/come_again":
		return []string{"minutes"}
	case "screens/busy":
		return []string{"left", "minutes"}
	case "screens/pin_wrong":
		return []string{"left"}
	case "screens/passport_confirm":
		return []string{"last4"}
	case "screens/pay":
		return []string{"copies", "total", "yen"}
	case "screens/refund", "screens/return_coins", "fees/escrow", "fees/returned", "words/yen_unit":
		return []string{"yen"}
	case "screens/out_of_hours":
		return []string{"until"}
	case "screens/maintenance", "screens/municipality_suspended":
		return []string{"reason", "until"}
	case "screens/record_needs_check":
		return []string{"contact", "dose", "municipality"}
	case "screens/counter_only", "screens/content_wrong":
		return []string{"contact", "municipality"}
	case "words/note_check_dose":
		return []string{"dose"}
	case "words/note_contact":
		return []string{"contact"}
	case "fees/due", "fees/captured":
		return []string{"total"}
	case "fees/settled":
		return []string{"total", "yen"}
	case "words/copy_unit":
		return []string{"copies"}
	}
	return nil
}

// screenText is what a screen says.
type screenText struct {
	Title  string   `json:"title"`
	Body   []string `json:"body"`
	Speech string   `json:"speech"` // complete by itself, without symbols
}

// filled puts values in the place of placeholders. A line of the body, or a
// sentence of the speech, that has a placeholder without a value is left out.
func (s screenText) filled(values map[string]string) screenText {
	with := func(parts []string) []string {
		var kept []string
		for _, p := range parts {
			names, _ := placeholders(p)
			if !slices.ContainsFunc(names, func(n string) bool { return values[n] == "" }) {
				kept = append(kept, fill(p, values))
			}
		}
		return kept
	}
	return screenText{
		Title:  fill(s.Title, values),
		Body:   with(s.Body),
		Speech: strings.TrimSpace(strings.Join(with(sentences(s.Speech)), "")),
	}
}

// textTable is the file of one language.
type textTable struct {
	Language    string                `json:"language"` // as in the file's name
	Name        string                `json:"name"`     // of the language, in itself
	Screens     map[string]screenText `json:"screens"`
	Choices     map[string]string     `json:"choices"`
	Settings    map[string]string     `json:"settings"`
	Fees        map[string]string     `json:"fees"`
	Words       map[string]string     `json:"words"`
	Prefectures map[string]string     `json:"prefectures"`
}

// texts is every word a person reads or hears at a terminal. It does not
// change once loaded.
type texts struct{ tables map[string]textTable }

// loadTexts reads <language>.json for each of [languages], strictly: every
// table has all ids and no other, no text is empty, the placeholders are those
// the program fills. The error names the file, table and key of every fault.
func loadTexts(fsys fs.FS) (*texts, error) {
	t := &texts{tables: map[string]textTable{}}
	faults := strangeFiles(fsys)
	for _, lang := range languages() {
		data, err := fs.ReadFile(fsys, lang+".json")
		if err != nil {
			faults = append(faults, fmt.Errorf("%s.json: %w", lang, err))
			continue
		}
		table, errs := parseTable(lang, data)
		faults = append(faults, errs...)
		t.tables[lang] = table
	}
	faults = append(faults, t.differences()...)
	if len(faults) > 0 {
		return nil, fmt.Errorf("kiosk: load texts: %w", errors.Join(faults...))
	}
	return t, nil
}

// strangeFiles finds tables that nobody would read, for a misspelt tag is an
// easy mistake.
func strangeFiles(fsys fs.FS) []error {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return []error{err}
	}
	var faults []error
	for _, name := range names {
		if !slices.Contains(languages(), strings.TrimSuffix(path.Base(name), ".json")) {
			faults = append(faults, fmt.Errorf("%s: not a language of the screens", name))
		}
	}
	return faults
}

// parseTable reads one file. What cannot be decoded at all is one fault.
func parseTable(lang string, data []byte) (textTable, []error) {
	c := &textCheck{file: lang + ".json"}
	var t textTable
	if err := json.Unmarshal(data, &t, json.RejectUnknownMembers(true)); err != nil {
		return textTable{}, []error{fmt.Errorf("%s: %w", c.file, err)}
	}
	if t.Language != lang {
		c.add("language", "", "is not %s", lang)
	}
	c.text("name", "", t.Name)
	c.keys("screens", ScreenIDs(), slices.Sorted(maps.Keys(t.Screens)))
	for _, id := range slices.Sorted(maps.Keys(t.Screens)) {
		c.screen(id, t.Screens[id])
	}
	c.table("choices", choiceIDs(), t.Choices)
	c.table("settings", settingIDs(), t.Settings)
	c.table("fees", feeStates(), t.Fees)
	for _, state := range slices.Sorted(maps.Keys(t.Fees)) {
		c.aloud("fees", state, t.Fees[state])
	}
	c.table("words", wordIDs(), t.Words)
	c.table("prefectures", prefectureCodes(), t.Prefectures)
	return t, c.faults
}

// differences finds what is wrong only beside another language: a speech with
// other placeholders, two languages of one name.
func (t *texts) differences() []error {
	var faults []error
	first := t.tables[languages()[0]]
	names := map[string]string{}
	for _, lang := range languages() {
		table, ok := t.tables[lang]
		if !ok || table.Name == "" {
			continue // told already
		}
		c := &textCheck{file: lang + ".json"}
		if other, twice := names[table.Name]; twice {
			c.add("name", "", "is that of %s", other)
		}
		names[table.Name] = lang
		for _, id := range ScreenIDs() {
			one, here := table.Screens[id]
			model, there := first.Screens[id]
			got, _ := placeholders(one.Speech)
			want, _ := placeholders(model.Speech)
			if here && there && !slices.Equal(got, want) {
				c.add("screens", id, "speech has the placeholders %v, in %s %v", got, languages()[0], want)
			}
		}
		faults = append(faults, c.faults...)
	}
	return faults
}

// screen returns the text of a screen, and whether there is one.
func (t *texts) screen(lang, id string) (screenText, bool) {
	s, ok := t.tables[lang].Screens[id]
	return s, ok
}

// languageName returns what a language calls itself.
func (t *texts) languageName(lang string) string { return t.tables[lang].Name }

// choice returns the label of a button.
func (t *texts) choice(lang, id string) string { return t.tables[lang].Choices[id] }

// setting returns the label of a setting ("size") or of its value ("size.large").
func (t *texts) setting(lang, id string) string { return t.tables[lang].Settings[id] }

// fee returns the sentence for a [Fee.State].
func (t *texts) fee(lang, state string) string { return t.tables[lang].Fees[state] }

// word returns a label, note or unit.
func (t *texts) word(lang, id string) string { return t.tables[lang].Words[id] }

// prefecture returns the name of a prefecture by its two-digit code.
func (t *texts) prefecture(lang, code string) string { return t.tables[lang].Prefectures[code] }

// textCheck collects the faults of one file.
type textCheck struct {
	file   string
	faults []error
}

func (c *textCheck) add(table, key, format string, args ...any) {
	where := c.file + ": " + table
	if key != "" {
		where += ": " + key
	}
	c.faults = append(c.faults, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

// keys compares the keys of a table, sorted, with those it must have.
func (c *textCheck) keys(table string, want, have []string) {
	for _, key := range want {
		if !slices.Contains(have, key) {
			c.add(table, key, "is missing")
		}
	}
	for _, key := range have {
		if !slices.Contains(want, key) {
			c.add(table, key, "is not known")
		}
	}
}

// table checks a table of single texts.
func (c *textCheck) table(name string, want []string, have map[string]string) {
	keys := slices.Sorted(maps.Keys(have))
	c.keys(name, want, keys)
	for _, key := range keys {
		c.text(name, key, have[key])
		c.filledIn(name, key, "has", have[key])
	}
}

// screen checks one screen.
func (c *textCheck) screen(id string, s screenText) {
	c.text("screens", id, s.Title)
	if names, _ := placeholders(s.Title); len(names) > 0 {
		c.add("screens", id, "title has placeholders: %v", names)
	}
	if len(s.Body) == 0 {
		c.add("screens", id, "body is empty")
	}
	for _, line := range s.Body {
		c.text("screens", id, line)
	}
	c.filledIn("screens", id, "body has", strings.Join(s.Body, "\n"))
	c.text("screens", id, s.Speech)
	names, _ := placeholders(s.Speech)
	for _, n := range names {
		if !slices.Contains(placeholdersOf("screens", id), n) {
			c.add("screens", id, "speech has the placeholder %s, which is not filled", n)
		}
	}
	c.aloud("screens", id, s.Speech)
}

// aloud checks a text that is read aloud: a speech, or a fee's sentence, which
// follows the speech.
func (c *textCheck) aloud(table, key, s string) {
	names, _ := placeholders(s)
	plain := fill(s, blanks(names))
	if i := strings.IndexFunc(plain, isSymbol); i >= 0 {
		c.add(table, key, "has a symbol in what is read aloud: %.12q", plain[i:])
	}
}

// text checks what holds for every text.
func (c *textCheck) text(table, key, s string) {
	switch _, ok := placeholders(s); {
	case s == "":
		c.add(table, key, "has an empty text")
	case strings.TrimSpace(s) != s:
		c.add(table, key, "has a text with space around it: %q", s)
	case strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("<>\ufffd", r)
	}):
		c.add(table, key, "has a text with markup or control characters: %q", s)
	case !ok:
		c.add(table, key, "has a text with a broken placeholder: %q", s)
	}
}

// filledIn checks that a text has the placeholders that the program fills.
func (c *textCheck) filledIn(table, key, has, s string) {
	got, _ := placeholders(s)
	if want := placeholdersOf(table, key); !slices.Equal(got, want) {
		c.add(table, key, "%s the placeholders %v, not %v", has, got, want)
	}
}

// isSymbol reports whether r has no place in a text that is read aloud.
func isSymbol(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune(" .,;:?!'’-、。？！，：；「」“”", r)
}

// placeholders returns the names in braces, sorted, each once; ok is false
// when a brace, of any width, belongs to none.
func placeholders(s string) (names []string, ok bool) {
	ok = !strings.ContainsAny(s, "｛｝")
	for {
		before, rest, found := strings.Cut(s, "{")
		if strings.Contains(before, "}") {
			ok = false
		}
		if !found {
			slices.Sort(names)
			return slices.Compact(names), ok
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			ok = false
		}
		if !closed {
			after = ""
		}
		names, s = append(names, name), after
	}
}

// blanks gives every name the value of a space.
func blanks(names []string) map[string]string {
	m := map[string]string{}
	for _, n := range names {
		m[n] = " "
	}
	return m
}

// fill puts values in the place of placeholders, in one pass: a value is never
// itself filled.
func fill(text string, values map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, "{"+name+"}", values[name])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// sentences cuts a text behind each full stop; put together again, they are
// the text.
func sentences(s string) []string {
	var list []string
	for {
		end := -1
		for _, stop := range []string{"。", "？", "！", ". ", "? ", "! "} {
			if i := strings.Index(s, stop); i >= 0 && (end < 0 || i+len(stop) < end) {
				end = i + len(stop)
			}
		}
		if end < 0 {
			return append(list, s)
		}
		list, s = append(list, s[:end]), s[end:]
	}
}
