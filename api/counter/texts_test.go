// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kofu/api/counter/staff"
	"kofu/cert"
)

func loaded(t *testing.T) map[string]texts {
	t.Helper()
	all, err := loadTexts()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTextsOfBothLanguagesHaveTheSameKeys(t *testing.T) {
	all := loaded(t)
	if !slices.Equal(all["ja"].keys(), all["en"].keys()) || len(all["ja"]) < 400 {
		t.Errorf("%d and %d texts", len(all["ja"]), len(all["en"]))
	}
	for key, text := range all["en"] {
		if key != "app.other" && regexp.MustCompile(`[\p{Han}\p{Hiragana}\p{Katakana}]`).MatchString(text) {
			t.Errorf("%s is not English", key)
		}
	}
}

// Every key a page or a handler names has its text.
func TestEveryTextThatIsNamedIsThere(t *testing.T) {
	ja := loaded(t)["ja"]
	wanted := regexp.MustCompile(`\bt "([a-z_.]+)"`)
	files, err := fs.Glob(pageFiles, "page/*.html")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	for _, file := range files {
		data, err := pageFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range wanted.FindAllStringSubmatch(string(data), -1) {
			if ja[m[1]] == "" {
				t.Errorf("%s: no text %s", file, m[1])
			}
		}
		for _, bad := range []string{"<script>", " style=", " onclick", " onload", "javascript:"} {
			if strings.Contains(string(data), bad) {
				t.Errorf("%s has %s, which the policy forbids", file, bad)
			}
		}
	}
	named := map[string][]string{
		"document": documents(), "applicant": applicants(), "reason": append(reasons(), voidReasons()...), "void_reason": voidReasons(),
		"topic": topics(), "by_way": ways(), "op": operations(), "row": append(staff.RowCodes(), "other", "file"),
		"kind": {string(cert.Domestic), string(cert.Overseas)}, "issue": {"reserved", "confirmed", "invalidated"}, "block": {"protective", "stopped"},
		"state": {"invited", "active", "suspended", "revoked"}, "waiting": {"pending", "approved", "refused", "used", "expired"},
		"waiting.why": {"hour", "night", "protected", "written"},
		"why":         {"hour", "night", "protected", "written", "function", "other_city", "unknown", "handle", "seal", "own"},
		"detail":      detailNames(), "review": {"accounts", "log", "alerts"},
		"concern": {"unused", "expired", "never", "many_functions", "ending", "roster"}, "function": words(staff.Functions()),
		"alert": {"family_run", "out_of_hours", "search_only", "sign_in", "limit", "other_city", "log_damaged", "record_untold", "enrolment", "withdrawals"},
		"fault": {"kind", "document", "applicant", "authority", "purpose", "reason", "mrz_missing", "mrz_domestic", "mrz_length", "mrz_character",
			"mrz_document", "mrz_state", "mrz_name", "mrz_date", "mrz_sex", "mrz_number_missing", "mrz_digit_number", "mrz_digit_birth",
			"mrz_digit_expiry", "mrz_digit_personal", "mrz_digit_composite", "sign_in", "wait", "code", "ticket", "mynumber"},
	}
	named["fault"] = slices.DeleteFunc(named["fault"], func(s string) bool { return s == "mynumber" }) // its text is my_number
	for table, keys := range named {
		for _, key := range keys {
			if ja[table+"."+key] == "" {
				t.Errorf("no text %s.%s", table, key)
			}
		}
	}
}

// detailNames are the details that rows have: of the console, of package staff,
// of the store and of the command line.
func detailNames() []string {
	return []string{"account", "active", "added", "applicant", "approval", "authority", "before", "by", "count", "document", "enrolment", "factor", "form", "found",
		"from", "functions", "head", "hour", "key", "kind", "login", "measure", "of", "operation", "operator", "place", "protective", "purpose", "reason",
		"record", "removed", "rid", "roster", "route", "rows", "shared_until", "state", "stopped", "subject", "terminal", "terminals", "topic", "truncated", "until", "users",
		"valid_until", "why"}
}

func TestDetailsInWords(t *testing.T) {
	ja := loaded(t)["ja"]
	for _, tt := range []struct{ name, value, noun, want string }{
		{"functions", "approver clerk", "職務", "承認者, 窓口"}, {"kind", "domestic", "種類", "国内用"}, {"kind", "limit", "種類", "交付件数の上限"},
		{"by", "other", "方法", "その他"}, {"by", "ticket", "方法", "接種券番号"}, {"of", "log", "対象", "操作ログ"}, {"of", "file", "対象", "ファイル"},
		{"operation", "person.open", "操作", "記録の閲覧"}, {"active", "true", "使用", "可"}, {"reason", "enrolment", "理由", "登録コード"},
		{"terminals_2", "pc-1 pc-2", "端末", "pc-1 pc-2"}, {"later_on", "x", "later_on", "x"}, {"form", "paper_only", "様式", "二次元コードなし"},
	} {
		if noun, value := ja.noun(tt.name), ja.detail(tt.name, tt.value); noun != tt.noun || value != tt.want {
			t.Errorf("%s %s: %s, %s", tt.name, tt.value, noun, value)
		}
	}
}

// What is read out of a control has first what is seen of it (WCAG 2.5.3).
func TestLabelsBeginWithWhatIsSeen(t *testing.T) {
	files, err := fs.Glob(pageFiles, "page/*.html")
	if err != nil {
		t.Fatal(err)
	}
	pairs := regexp.MustCompile(`aria-label="\{\{t "([a-z_.]+)"[^}]*\}\}">\{\{t "([a-z_.]+)"\}\}</(?:button|a)>`)
	n := 0
	for lang, words := range loaded(t) {
		for _, file := range files {
			data, err := pageFiles.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range pairs.FindAllStringSubmatch(string(data), -1) {
				n++
				if !strings.HasPrefix(words[m[1]], words[m[2]]) {
					t.Errorf("%s, %s: %q is read out for %q", file, lang, words[m[1]], words[m[2]])
				}
			}
		}
	}
	if n != 2*5 {
		t.Errorf("%d controls with a label of their own", n)
	}
}

// Every page is made in both languages, empty ones too.
func TestPagesAreMade(t *testing.T) {
	for lang, words := range loaded(t) {
		all, err := loadPages(words)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) < 25 {
			t.Errorf("%s: %d pages", lang, len(all))
		}
	}
}

func TestHarmlessCells(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "＝1": "'＝1", "|x": "'|x"} {
		if got := harmless(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}

func TestBirthDatesAsClerksWriteThem(t *testing.T) {
	want := cert.Date{Year: 1985, Month: 3, Day: 14}
	for _, s := range []string{"1985-03-14", "1985/3/14", "19850314", "１９８５年３月１４日", "S60.3.14", "s60.3.14", "昭和60年3月14日", "昭60-3-14", " 1985.03.14 "} {
		if got, ok := readBirthDate(s); !ok || got != want {
			t.Errorf("%s is %s, %v", s, got, ok)
		}
	}
	if got, ok := readBirthDate("令和元年5月1日"); !ok || got.Year != 2019 {
		t.Errorf("the first year of an era is %s, %v", got, ok)
	}
	for _, s := range []string{"", "1985", "1985-03", "1985-02-30", "S60", "X60.3.14", "S0.1.1", "1985-03-14-01", "123456789018", "1700-01-01"} {
		if got, ok := readBirthDate(s); ok {
			t.Errorf("%s is taken for %s", s, got)
		}
	}
}

func TestNotesHaveNoNumbers(t *testing.T) {
	for _, s := range []string{"", "1234567890", "1234-5678-9018", "１２３４ ５６７８ ９０１８", "a\x07b", "a\u200bb", "a\u202eb",
		"1234.5678.9012", "1234/5678/9012", "1234_5678_9012", "1234・5678・9012", "1234(5678)9012", "一二三四 五六七八 九〇一二", "①②③④⑤⑥⑦⑧⑨⑩", "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗𝟎𝟏𝟐", "١٢٣٤٥٦٧٨٩٠١٢",
		"1234\n5678\n9012", strings.Repeat("あ", 201)} {
		if _, ok := note(s, 200); ok {
			t.Errorf("%q is taken", s)
		}
	}
	for _, s := range []string{"異常なし", "2026-11-24 に確認", "98-893-4411", "一行目\n二行目", "全角　空白", "11月24日と25日の2件"} {
		if _, ok := note(s, 200); !ok {
			t.Errorf("%q is not taken", s)
		}
	}
}
