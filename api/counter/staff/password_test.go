// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
)

// Rows: F4
func TestPasswordRules(t *testing.T) {
	o := newOffice(t)
	by, _ := o.admin()
	d := draft("yui.sato", "SN20481", staff.Clerk)
	d.Name = "佐藤 結衣"
	sent, _, err := o.Add(t.Context(), by, []staff.Draft{d})
	if err != nil {
		t.Fatal(err)
	}
	try := func(password string) error {
		o.pass(15 * time.Minute) // no more than ten in a quarter of an hour
		_, _, err := o.Enrol(t.Context(), o.at("pc-1"), "yui.sato", sent[0].Code, []byte(password))
		return err
	}
	for _, weak := range []string{
		"", "elevenchars", strings.Repeat("あ", 11), strings.Repeat("a1b2c3d4", 17), "tab\tin the middle", "not utf-8 at all \xff",
		"justinbieber", "JustInBieber", "ＪｕｓｔＩｎＢｉｅｂｅｒ", "contortionist", // common as they are
		"password1234", "P@ssw0rd2026!", "Passw0rd!!!!", "1234sunshine!!", "sunshine--2026", // a common word and trimmings
		"!!zaq12wsx2026", "passwordpassword", "dragonmonkey", "sunshinemaster99", "qwertyiloveyou", // two common words
		"aaaaaaaaaaaa", "abcabcabcabc", "ab12ab12ab12a", "日本日本日本日本日本日本", "abababababababab", // again and again
		"abcdefghijkl", "zyxwvutsrqpo", "123456789012", "qwertyuiopas", "poiuytrewqas", "1qaz2wsx3edc4rfv", "asdfghjklqwerty1", // side by side
		"1111222233334", "19800412-0901", "090-1234-5678", // figures
		"kofu is my city 7", "our-kofu-counter-x", "a k0fu in figures!", "say yui.sato twice", "SN20481 is a number", "code 192015 of the city", "私の名前は結衣といいます。", "佐藤さんの秘密の合言葉です", // what is known of the account
		"yamanashi2026", "Shiyakusho2026", "wakuchin-2026!", "市役所2026-04-15",
	} {
		if err := try(weak); err != staff.ErrWeak {
			t.Errorf("%q: %v", weak, err)
		}
	}
	for _, good := range []string{
		"correct horse battery staple", "winding river lantern 42", "x9$Kq2!mZ7&wT", "夏の夜の蛍は川辺をとぶよね", "ｌａｎｔｅｒｎ　ｒｉｖｅｒ　４２", "tR8-vw2-Lq5-no",
		"moss, 7 ferns and a heron by the river that runs past the old mill; nobody fishes there before the plum rains, they say",
	} {
		if err := try(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

// Full-width letters and their half-width twins are one password.
func TestPasswordWidth(t *testing.T) {
	o := newOffice(t)
	o.hire(draft("yui", "2001", staff.Clerk))
	wide := strings.Map(func(r rune) rune {
		if r == ' ' {
			return '　'
		}
		return r - '!' + '！'
	}, phrase)
	if _, _, err := o.SignIn(t.Context(), o.at("pc-1"), "yui", []byte(wide), ""); err != nil {
		t.Errorf("typed in full width: %v", err)
	}
}
