// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"testing"

	"kofu/cert"
	"kofu/cert/shc"
)

func TestNamesOfACardAndADocument(t *testing.T) {
	for _, tt := range []struct {
		name  string
		card  []cert.Private
		doc   cert.Private
		agree bool
	}{
		{"equal", []cert.Private{"TAKAHASHI TARO"}, "TAKAHASHI TARO", true},
		{"case and two spaces", []cert.Private{"Takahashi Taro"}, "TAKAHASHI  TARO", true},
		{"given name first", []cert.Private{"Taro Takahashi"}, "TAKAHASHI TARO", true},
		{"hyphen, apostrophe, point", []cert.Private{"O'Neil-Smith John B."}, "ONEIL SMITH JOHN B", true},
		{"filler", []cert.Private{"TAKAHASHI TARO"}, "TAKAHASHI<<TARO", true},
		{"another given name", []cert.Private{"TAKAHASHI TARO"}, "TAKAHASHI JIRO", false},
		{"one word less", []cert.Private{"TAKAHASHI TARO JIRO"}, "TAKAHASHI TARO", false},
		{"initial of a short name", []cert.Private{"TAKAHASHI TARO"}, "TAKAHASHI T", false},
		{"one of two names", []cert.Private{"ALIAS A", "TAKAHASHI TARO"}, "TAKAHASHI TARO", true},
		{"none of two names", []cert.Private{"ALIAS A", "TAKAHASHI TARO"}, "SUZUKI TARO", false},
		{"kanji", []cert.Private{"髙橋 太郎"}, "TAKAHASHI TARO", true},
		{"umlaut", []cert.Private{"MÜLLER JÜRGEN"}, "MUELLER JUERGEN", true},
		{"no name on the card", nil, "TAKAHASHI TARO", true},
		{"39 characters, whole", []cert.Private{"ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKL"}, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKL", true},
		{"39 characters, cut", []cert.Private{"ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKL"}, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJ", false},
		{"40 characters, cut", []cert.Private{"ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKLM"}, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGHIJKL", true},
		{"initials of the primary", []cert.Private{"ABCDEFGHIJKLMNOPQRSTUVWXYZ SECONDPART THIRD TARO"}, "ABCDEFGHIJKLMNOPQRSTUVWXYZ S T TARO", true},
		{"words left out", []cert.Private{"ABCDEFGHIJKLMNOPQRSTUVWXYZ SECONDPART THIRD TARO"}, "ABCDEFGHIJKLMNOPQRSTUVWXYZ TARO", true},
		{"long, another's", []cert.Private{"ABCDEFGHIJKLMNOPQRSTUVWXYZ SECONDPART THIRD TARO"}, "ABCDEFGHIJKLMNOPQRSTUVWXYZ S T JIRO", false},
		{"long, first word left out", []cert.Private{"ABCDEFGHIJKLMNOPQRSTUVWXYZ SECONDPART THIRD TARO"}, "SECONDPART THIRD TARO", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sameName(tt.card, tt.doc); got != tt.agree {
				t.Errorf("agree: %t", got)
			}
		})
	}
}

func TestCertificatesOfOneFormat(t *testing.T) {
	a := Content{Name: "高橋 太郎", BirthDate: "1980-04-01"}
	for _, tt := range []struct {
		name string
		a, b Content
		same bool
	}{
		{"equal", a, a, true},
		{"ideographic space", a, Content{Name: "高橋\u3000太郎", BirthDate: "1980-04-01"}, true},
		{"another name", a, Content{Name: "高橋 次郎", BirthDate: "1980-04-01"}, false},
		{"another birth date", a, Content{Name: "高橋 太郎", BirthDate: "1980-04-02"}, false},
		{"the same in Latin", a, Content{Name: "TAKAHASHI TARO", BirthDate: "1980-04-01"}, false},
		{"two of nobody", Content{}, Content{}, false},
		{"no birth date, one passport", Content{Name: "A B", Passport: "TK1"}, Content{Name: "A B", Passport: "TK1"}, true},
		{"no birth date, two passports", Content{Name: "A B", Passport: "TK1"}, Content{Name: "A B", Passport: "TK2"}, false},
	} {
		for _, f := range []Format{SHC, VDSNC} {
			got := disagree([]Certificate{{Format: f, Content: tt.a}, {Format: f, Content: tt.b}})
			if (got == "") != tt.same || got != "" && got != ReasonPersons {
				t.Errorf("%s, %s: %q", tt.name, f, got)
			}
		}
	}
}

func TestContentTellsEveryName(t *testing.T) {
	c := cardContent(&shc.Card{Patient: shc.Patient{Family: "A", Text: "X", Names: []cert.Private{"X", "A B"}}})
	if c.Name != "X / A B" {
		t.Error(c.Name.Reveal())
	}
}
