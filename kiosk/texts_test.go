// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"encoding/json"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/unicode/norm"
)

func loadedTexts(t *testing.T) *texts {
	t.Helper()
	loaded, err := loadTexts(embeddedTexts())
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// eachText calls f with every text of a language, and with where it stands.
func eachText(table textTable, f func(where, text string)) {
	for _, id := range slices.Sorted(maps.Keys(table.Screens)) {
		s := table.Screens[id]
		f("screens/"+id+"/title", s.Title)
		for _, line := range s.Body {
			f("screens/"+id+"/body", line)
		}
		f("screens/"+id+"/speech", s.Speech)
	}
	for name, m := range map[string]map[string]string{
		"choices": table.Choices, "settings": table.Settings, "fees": table.Fees, "words": table.Words, "prefectures": table.Prefectures,
	} {
		for key, text := range m {
			f(name+"/"+key, text)
		}
	}
}

// Rows: D1, N13
func TestTextTablesComplete(t *testing.T) {
	loaded := loadedTexts(t)
	if n := len(ScreenIDs()); n < 59 {
		t.Fatalf("%d screens", n)
	}
	for _, lang := range []string{"ja", "en", "ja-x-easy", "zh-Hans", "ko", "pt", "vi"} {
		if loaded.languageName(lang) == "" {
			t.Errorf("%s has no name", lang)
		}
		for _, id := range ScreenIDs() {
			if s, ok := loaded.screen(lang, id); !ok || s.Title == "" || len(s.Body) == 0 || s.Speech == "" {
				t.Errorf("%s: screen %s lacks words", lang, id)
			}
		}
		for _, id := range choiceIDs() {
			if loaded.choice(lang, id) == "" {
				t.Errorf("%s: choice %s", lang, id)
			}
		}
		for _, id := range settingIDs() {
			if loaded.setting(lang, id) == "" {
				t.Errorf("%s: setting %s", lang, id)
			}
		}
		for _, id := range feeStates() {
			if loaded.fee(lang, id) == "" {
				t.Errorf("%s: fee %s", lang, id)
			}
		}
		for _, id := range wordIDs() {
			if loaded.word(lang, id) == "" {
				t.Errorf("%s: word %s", lang, id)
			}
		}
		names := map[string]bool{}
		for _, code := range prefectureCodes() {
			names[loaded.prefecture(lang, code)] = true
		}
		if len(names) != 47 || names[""] {
			t.Errorf("%s: %d prefectures", lang, len(names))
		}
	}
	if _, ok := loaded.screen("ja", "failed"); ok {
		t.Error("a state that is no screen has one")
	}
	if _, ok := loaded.screen("fr", "pay"); ok {
		t.Error("a language that is not there has a screen")
	}
}

// Rows: D1
func TestTextPlaceholdersSameInEveryLanguage(t *testing.T) {
	loaded := loadedTexts(t)
	braces := regexp.MustCompile(`\{(yen|copies|total|left|minutes|last4|municipality|until|reason|contact|dose)\}`)
	used := func(lang string) map[string][]string {
		m := map[string][]string{}
		eachText(loaded.tables[lang], func(where, text string) {
			m[where] = slices.Compact(slices.Sorted(slices.Values(append(m[where], braces.FindAllString(text, -1)...))))
			if strings.ContainsAny(braces.ReplaceAllString(text, ""), "{}｛｝") {
				t.Errorf("%s: %s: a brace is left: %q", lang, where, text)
			}
		})
		return m
	}
	want := used("ja")
	for _, lang := range languages() {
		got := used(lang)
		for where := range want {
			if !slices.Equal(got[where], want[where]) {
				t.Errorf("%s: %s has %v, in ja %v", lang, where, got[where], want[where])
			}
		}
	}
}

// brokenTexts returns the program's tables with changes to one of them.
func brokenTexts(t *testing.T, lang string, change func(table map[string]any)) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, l := range languages() {
		data, err := fs.ReadFile(embeddedTexts(), l+".json")
		if err != nil {
			t.Fatal(err)
		}
		files[l+".json"] = &fstest.MapFile{Data: data}
	}
	var table map[string]any
	if err := json.Unmarshal(files[lang+".json"].Data, &table); err != nil {
		t.Fatal(err)
	}
	change(table)
	data, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	files[lang+".json"] = &fstest.MapFile{Data: data}
	return files
}

// textAt walks down a table.
func textAt(table map[string]any, path ...string) map[string]any {
	for _, p := range path {
		table = table[p].(map[string]any)
	}
	return table
}

// Rows: D1
func TestTextLoaderRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(table map[string]any)
		want   string
	}{
		"other language":      {func(m map[string]any) { m["language"] = "ja" }, "ko.json: language: is not ko"},
		"no name":             {func(m map[string]any) { m["name"] = "" }, "ko.json: name: has an empty text"},
		"name of another":     {func(m map[string]any) { m["name"] = "English" }, "ko.json: name: is that of en"},
		"unknown table":       {func(m map[string]any) { m["notes"] = 1 }, `unknown object member name "notes"`},
		"unknown member":      {func(m map[string]any) { textAt(m, "screens", "pay")["hint"] = "x" }, `"hint"`},
		"wrong type":          {func(m map[string]any) { textAt(m, "screens", "pay")["body"] = "x" }, `"/screens/pay/body"`},
		"screen missing":      {func(m map[string]any) { delete(textAt(m, "screens"), "pay") }, "ko.json: screens: pay: is missing"},
		"screen unknown":      {func(m map[string]any) { s := textAt(m, "screens"); s["paid"] = s["thanks"] }, "ko.json: screens: paid: is not known"},
		"choice missing":      {func(m map[string]any) { delete(textAt(m, "choices"), "agree") }, "ko.json: choices: agree: is missing"},
		"choice unknown":      {func(m map[string]any) { textAt(m, "choices")["maybe"] = "x" }, "ko.json: choices: maybe: is not known"},
		"setting missing":     {func(m map[string]any) { delete(textAt(m, "settings"), "size.large") }, "ko.json: settings: size.large: is missing"},
		"fee missing":         {func(m map[string]any) { delete(textAt(m, "fees"), "settled") }, "ko.json: fees: settled: is missing"},
		"fee placeholder":     {func(m map[string]any) { textAt(m, "fees")["settled"] = "{yen}" }, "ko.json: fees: settled: has the placeholders [yen], not [total yen]"},
		"fee with a symbol":   {func(m map[string]any) { textAt(m, "fees")["none"] = "¥0" }, "ko.json: fees: none: has a symbol in what is read aloud"},
		"word missing":        {func(m map[string]any) { delete(textAt(m, "words"), "lot") }, "ko.json: words: lot: is missing"},
		"word empty":          {func(m map[string]any) { textAt(m, "words")["lot"] = "" }, "ko.json: words: lot: has an empty text"},
		"word placeholder":    {func(m map[string]any) { textAt(m, "words")["lot"] = "{lot}" }, "ko.json: words: lot: has the placeholders [lot], not []"},
		"no prefectures":      {func(m map[string]any) { delete(m, "prefectures") }, "ko.json: prefectures: 47: is missing"},
		"prefecture 48":       {func(m map[string]any) { textAt(m, "prefectures")["48"] = "x" }, "ko.json: prefectures: 48: is not known"},
		"title empty":         {func(m map[string]any) { textAt(m, "screens", "pay")["title"] = "" }, "ko.json: screens: pay: has an empty text"},
		"title placeholder":   {func(m map[string]any) { textAt(m, "screens", "pay")["title"] = "{yen}" }, "ko.json: screens: pay: title has placeholders: [yen]"},
		"body empty":          {func(m map[string]any) { textAt(m, "screens", "kind")["body"] = []any{} }, "ko.json: screens: kind: body is empty"},
		"line empty":          {func(m map[string]any) { textAt(m, "screens", "kind")["body"] = []any{"x", ""} }, "ko.json: screens: kind: has an empty text"},
		"body placeholder":    {func(m map[string]any) { textAt(m, "screens", "pay")["body"] = []any{"{yen} {copies}"} }, "pay: body has the placeholders [copies yen], not [copies total yen]"},
		"full-width brace":    {func(m map[string]any) { textAt(m, "screens", "kind")["body"] = []any{"｛yen｝"} }, "kind: has a text with a broken placeholder"},
		"open brace":          {func(m map[string]any) { textAt(m, "screens", "kind")["body"] = []any{"{yen"} }, "kind: has a text with a broken placeholder"},
		"space in brace":      {func(m map[string]any) { textAt(m, "screens", "kind")["body"] = []any{"{ yen }"} }, "kind: has a text with a broken placeholder"},
		"space around":        {func(m map[string]any) { textAt(m, "words")["lot"] = "lot　" }, "ko.json: words: lot: has a text with space around it"},
		"line break":          {func(m map[string]any) { textAt(m, "words")["lot"] = "a\nb" }, "ko.json: words: lot: has a text with markup or control characters"},
		"hidden direction":    {func(m map[string]any) { textAt(m, "words")["lot"] = "a\u202eb" }, "ko.json: words: lot: has a text with markup or control characters"},
		"markup":              {func(m map[string]any) { textAt(m, "words")["lot"] = "<b>lot</b>" }, "ko.json: words: lot: has a text with markup or control characters"},
		"speech empty":        {func(m map[string]any) { textAt(m, "screens", "kind")["speech"] = "" }, "ko.json: screens: kind: has an empty text"},
		"speech in brackets":  {func(m map[string]any) { textAt(m, "screens", "kind")["speech"] = "증명서(종류)" }, "ko.json: screens: kind: has a symbol in what is read aloud"},
		"speech marked up":    {func(m map[string]any) { textAt(m, "screens", "kind")["speech"] = "*종류*" }, "ko.json: screens: kind: has a symbol in what is read aloud"},
		"speech placeholder":  {func(m map[string]any) { textAt(m, "screens", "kind")["speech"] = "{yen}" }, "ko.json: screens: kind: speech has the placeholder yen, which is not filled"},
		"speech says less":    {func(m map[string]any) { textAt(m, "screens", "pay")["speech"] = "합계입니다." }, "ko.json: screens: pay: speech has the placeholders [], in ja [total]"},
		"speech says more":    {func(m map[string]any) { textAt(m, "screens", "pay")["speech"] = "{total} {yen}" }, "ko.json: screens: pay: speech has the placeholders [total yen], in ja [total]"},
		"speech, other names": {func(m map[string]any) { textAt(m, "screens", "busy")["speech"] = "{left}" }, "ko.json: screens: busy: speech has the placeholders [left], in ja [minutes]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadTexts(brokenTexts(t, "ko", c.change))
			if err == nil {
				t.Fatal("loaded")
			}
			// The JSON library varies the space after its prefix on purpose.
			if got := strings.ReplaceAll(err.Error(), "\u00a0", " "); !strings.Contains(got, c.want) || !strings.Contains(got, "ko.json: ") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTextLoaderRefusesFiles(t *testing.T) {
	untouched := func(map[string]any) {}
	for name, c := range map[string]struct {
		spoil func(files fstest.MapFS)
		want  string
	}{
		"missing":           {func(f fstest.MapFS) { delete(f, "vi.json") }, "vi.json: open vi.json"},
		"misspelt":          {func(f fstest.MapFS) { f["zh_Hans.json"] = f["zh-Hans.json"] }, "zh_Hans.json: not a language of the screens"},
		"doubled member":    {func(f fstest.MapFS) { f["vi.json"] = &fstest.MapFile{Data: []byte(`{"name":"a","name":"b"}`)} }, `duplicate object member name "name"`},
		"trailing data":     {func(f fstest.MapFS) { f["vi.json"].Data = append(slices.Clone(f["vi.json"].Data), "{}"...) }, "vi.json: "},
		"empty":             {func(f fstest.MapFS) { f["vi.json"] = &fstest.MapFile{} }, "vi.json: "},
		"null":              {func(f fstest.MapFS) { f["vi.json"] = &fstest.MapFile{Data: []byte("null")} }, "vi.json: screens: pay: is missing"},
		"not UTF-8":         {func(f fstest.MapFS) { f["vi.json"] = &fstest.MapFile{Data: []byte("{\"name\":\"\xff\"}")} }, "vi.json: "},
		"names in capitals": {func(f fstest.MapFS) { f["vi.json"] = &fstest.MapFile{Data: []byte(`{"Name":"a"}`)} }, `"Name"`},
	} {
		t.Run(name, func(t *testing.T) {
			files := brokenTexts(t, "ko", untouched)
			c.spoil(files)
			if _, err := loadTexts(files); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := loadTexts(brokenTexts(t, "ko", untouched)); err != nil {
		t.Errorf("untouched tables: %v", err)
	}
}

func TestTextFaultsToldAllAtOnce(t *testing.T) {
	files := brokenTexts(t, "pt", func(m map[string]any) {
		delete(textAt(m, "screens"), "pay")
		textAt(m, "words")["lot"] = ""
	})
	files["en.json"] = &fstest.MapFile{Data: []byte("{")}
	delete(files, "vi.json")
	_, err := loadTexts(files)
	if err == nil {
		t.Fatal("loaded")
	}
	for _, want := range []string{"kiosk: load texts: ", "pt.json: screens: pay: is missing", "pt.json: words: lot: has an empty text", "en.json: ", "vi.json: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not tell %q", err, want)
		}
	}
}

func TestTextFilled(t *testing.T) {
	s := screenText{Title: "題", Body: []string{"お知らせ：{reason}", "再開予定：{until}", "{a} と {b}"}, Speech: "停止しています。再開は{until}です。お待ちください。"}
	got := s.filled(map[string]string{"reason": "", "until": "{a}", "a": "1", "b": "2"})
	if want := []string{"再開予定：{a}", "1 と 2"}; !slices.Equal(got.Body, want) {
		t.Errorf("body %q, want %q: a value must not be filled again, a line without its value goes", got.Body, want)
	}
	if want := "停止しています。再開は{a}です。お待ちください。"; got.Speech != want {
		t.Errorf("speech %q, want %q", got.Speech, want)
	}
	s.Speech = "Closed now. Open again: {until}. Please wait."
	if got := s.filled(nil); got.Speech != "Closed now. Please wait." || len(got.Body) != 0 {
		t.Errorf("without values: %q, %q", got.Speech, got.Body)
	}
	if len(s.Body) != 3 {
		t.Error("the table itself was changed")
	}
}

// Rows: D1
func TestTextEveryScreenFillsUp(t *testing.T) {
	loaded := loadedTexts(t)
	for _, lang := range languages() {
		for _, id := range ScreenIDs() {
			s, _ := loaded.screen(lang, id)
			values := map[string]string{}
			for _, name := range placeholdersOf("screens", id) {
				values[name] = "7"
			}
			full := s.filled(values)
			if strings.ContainsAny(full.Title+strings.Join(full.Body, "")+full.Speech, "{}") || len(full.Body) != len(s.Body) {
				t.Errorf("%s: %s is not filled: %q", lang, id, full)
			}
			for _, name := range []string{"reason", "until", "contact"} {
				values[name] = "" // may be unknown
			}
			if bare := s.filled(values); len(bare.Body) == 0 || bare.Speech == "" {
				t.Errorf("%s: %s says nothing without reason, time and contact", lang, id)
			}
		}
	}
}

// scripts returns which of the scripts a text has.
func scripts(text string) (han, kana, hangul, latin bool) {
	for _, r := range text {
		han = han || unicode.Is(unicode.Han, r)
		kana = kana || unicode.In(r, unicode.Hiragana, unicode.Katakana)
		hangul = hangul || unicode.Is(unicode.Hangul, r)
		latin = latin || unicode.Is(unicode.Latin, r)
	}
	return han, kana, hangul, latin
}

// Rows: D1
func TestTextScripts(t *testing.T) {
	loaded := loadedTexts(t)
	// What the municipality wrote on the paper with the PINs is Japanese.
	quoted := strings.NewReplacer("（券面事項入力補助用）", "", "（利用者証明用）", "", "(券面事項入力補助用)", "", "(利用者証明用)", "")
	braces := regexp.MustCompile(`\{[a-z0-9]+\}`)
	for _, lang := range languages() {
		eachText(loaded.tables[lang], func(where, text string) {
			if !norm.NFC.IsNormalString(text) {
				t.Errorf("%s: %s is not NFC", lang, where)
			}
			text = braces.ReplaceAllString(quoted.Replace(text), "")
			han, kana, hangul, latin := scripts(text)
			ok := true
			switch lang {
			case "ja", "ja-x-easy":
				ok = !hangul && (!latin || text == "Please choose your language." || strings.Contains(text, "ID"))
			case "zh-Hans":
				ok = han && !kana && !hangul && !latin
			case "ko":
				ok = !han && !kana && (hangul || text == "") && (!latin || strings.Contains(text, "19"))
			default:
				ok = !han && !kana && !hangul && (latin || text == "")
			}
			if !ok {
				t.Errorf("%s: %s has a script that it should not have, or lacks its own: %q", lang, where, text)
			}
			for _, r := range text {
				if r >= '！' && r <= '～' && !strings.ContainsRune("！，：；？（）＝", r) {
					t.Errorf("%s: %s has the full-width %q", lang, where, r)
				}
				if lang != "ja" && lang != "ja-x-easy" && lang != "zh-Hans" && (r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef) {
					t.Errorf("%s: %s has the East Asian %q", lang, where, r)
				}
			}
		})
	}
}

func TestTextSimplifiedCharacters(t *testing.T) {
	quoted := strings.NewReplacer("（券面事項入力補助用）", "", "（利用者証明用）", "", "栃木", "", "埼玉", "", "新潟", "") // names with characters of Japan alone
	gb2312 := simplifiedchinese.HZGB2312.NewEncoder()
	eachText(loadedTexts(t).tables["zh-Hans"], func(where, text string) {
		for _, r := range quoted.Replace(text) {
			if _, err := gb2312.String(string(r)); unicode.Is(unicode.Han, r) && err != nil {
				t.Errorf("%s: %c is no simplified character", where, r)
			}
		}
	})
}

func TestTextVietnameseDiacritics(t *testing.T) {
	eachText(loadedTexts(t).tables["vi"], func(where, text string) {
		marked := strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII && unicode.Is(unicode.Latin, r) })
		if !marked && !strings.HasPrefix(where, "prefectures/") && where != "choices/print" && where != "settings/contrast.high" { // In, Cao
			t.Errorf("%s has no diacritic: %q", where, text)
		}
	})
}

func TestTextNoLeftoverEnglish(t *testing.T) {
	english := regexp.MustCompile(`(?i)\b(the|and|please|your?|card|staff|screen|this|money|passport|again|wrong|copies|take|printing|has|was|certificate)\b`)
	european := regexp.MustCompile(`(?i)\b(ecrã|telemóvel|utilizador|autocarro|registo|contacto|actual|carregue|ficheiro)\b`)
	loaded := loadedTexts(t)
	braces := regexp.MustCompile(`\{[a-z0-9]+\}`)
	for _, lang := range []string{"ja", "ja-x-easy", "zh-Hans", "ko", "pt", "vi"} {
		eachText(loaded.tables[lang], func(where, text string) {
			text = braces.ReplaceAllString(text, "")
			if lang == "ja" && text == "Please choose your language." {
				return // for those who came upon a Japanese screen
			}
			if found := english.FindString(text) + european.FindString(text); found != "" {
				t.Errorf("%s: %s: %q in %q", lang, where, found, text)
			}
		})
	}
}

// Rows: N13
func TestTextEasyJapaneseReadings(t *testing.T) {
	bare := regexp.MustCompile(`[\p{Han}々]+(?:$|[^\p{Han}々（]|（[^ぁ-んー])`)
	odd := regexp.MustCompile(`(?:^|[^\p{Han}々])（`)
	eachText(loadedTexts(t).tables["ja-x-easy"], func(where, text string) {
		if strings.HasSuffix(where, "/speech") {
			return // read aloud; the loader refuses brackets
		}
		if strings.HasPrefix(where, "fees/") { // read aloud too, so it has none but this easy one
			text = strings.ReplaceAll(text, "円", "")
		}
		if found := bare.FindString(text); found != "" {
			t.Errorf("%s: %q has no reading in %q", where, found, text)
		}
		if found := odd.FindString(text); found != "" {
			t.Errorf("%s: a reading of nothing in %q", where, text)
		}
	})
}

// readings are the brackets that say how a word is read.
var readings = regexp.MustCompile(`（[ぁ-んー]+）`)

func TestTextLengths(t *testing.T) {
	loaded := loadedTexts(t)
	for lang, most := range map[string]struct{ title, line int }{
		"ja": {24, 60}, "ja-x-easy": {24, 80}, "zh-Hans": {24, 60}, "ko": {26, 70}, "en": {48, 180}, "pt": {48, 200}, "vi": {48, 190},
	} {
		for _, id := range ScreenIDs() {
			s, _ := loaded.screen(lang, id)
			if n := utf8.RuneCountInString(readings.ReplaceAllString(s.Title, "")); n > most.title {
				t.Errorf("%s: %s: a title of %d characters: %q", lang, id, n, s.Title)
			}
			if len(s.Body) > 4 {
				t.Errorf("%s: %s: %d lines", lang, id, len(s.Body))
			}
			for _, line := range s.Body {
				if n := utf8.RuneCountInString(readings.ReplaceAllString(line, "")); n > most.line {
					t.Errorf("%s: %s: a line of %d characters: %q", lang, id, n, line)
				}
			}
		}
	}
}

// What a text quotes is the label of a button, or a value.
func TestTextQuotesButtons(t *testing.T) {
	loaded := loadedTexts(t)
	quotes := regexp.MustCompile(`「([^」]*)」|“([^”]*)”`)
	for _, lang := range languages() {
		labels := slices.Collect(maps.Values(loaded.tables[lang].Choices))
		n := 0
		eachText(loaded.tables[lang], func(where, text string) {
			for _, m := range quotes.FindAllStringSubmatch(text, -1) {
				said := m[1] + m[2]
				if n++; said != "{last4}" && !slices.Contains(labels, said) {
					t.Errorf("%s: %s speaks of %q, which is no button", lang, where, said)
				}
			}
		})
		if n < 5 {
			t.Errorf("%s quotes %d buttons", lang, n)
		}
	}
}

// What must be said, and what must not.
// Rows: R4.1
func TestTextRules(t *testing.T) {
	loaded := loadedTexts(t)
	all := func(lang, id string) string {
		s, _ := loaded.screen(lang, id)
		return s.Title + "\n" + strings.Join(s.Body, "\n") + "\n" + s.Speech
	}
	for _, c := range []struct {
		lang, id string
		says     []string
		never    []string
	}{
		{"ja", "unavailable", []string{"接種記録の有無は確認できていません。"}, []string{"0回", "見つかりません"}},
		{"en", "unavailable", []string{"is not known"}, []string{"not found", "No vaccination record"}},
		{"ja", "no_record", []string{"別の市区町村に住民票があった"}, []string{"停止", "制限", "保護", "措置", "できない", "のみ"}},
		{"en", "no_record", []string{"registered at another municipality"}, []string{"block", "restrict", "suspend", "protect"}},
		{"ja", "enter_pin", []string{"券面事項入力補助用", "利用者証明用", "4桁", "3回"}, nil},
		{"ja", "pin_blocked", []string{"市区町村の窓口"}, nil},
		{"ja", "consent", []string{"証明書ID", "発行年月日", "旅券", "印刷不良", "残りません"}, []string{"VRS"}},
		{"ja", "no_overseas_history", []string{"2022年7月21日", "窓口", "アプリ"}, nil},
		{"ja", "passport_changed", []string{"窓口", "アプリ"}, nil},
	} {
		for _, s := range c.says {
			if !strings.Contains(all(c.lang, c.id), s) {
				t.Errorf("%s: %s does not say %q", c.lang, c.id, s)
			}
		}
		for _, s := range c.never {
			if strings.Contains(all(c.lang, c.id), s) {
				t.Errorf("%s: %s says %q", c.lang, c.id, s)
			}
		}
	}
	for _, lang := range languages() {
		pin, _ := loaded.screen(lang, "enter_pin")
		body := readings.ReplaceAllString(strings.Join(pin.Body, ""), "")
		if !strings.Contains(body, "券面事項入力補助用") || !strings.Contains(body, "利用者証明用") || !strings.Contains(body, "4") || !strings.Contains(body, "3") {
			t.Errorf("%s: enter_pin does not tell which PIN: %q", lang, body)
		}
		for _, id := range ScreenIDs() {
			if strings.Contains(all(lang, id), "VRS") || id != "consent" && strings.Contains(all(lang, id), "料金") {
				t.Errorf("%s: %s speaks of the VRS, or of the fee, which the program tells", lang, id)
			}
		}
	}
}
