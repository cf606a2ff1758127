// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func FuzzReadDrafts(f *testing.F) {
	head := "login,name,staff_number,functions,valid_until,terminals"
	f.Add([]byte(head + "\nyui,佐藤 結衣,2001,clerk,2027-03-31,pc-1 pc-2\n"))
	f.Add([]byte("\ufeff" + head + ",shared_purpose,shared_until,roster\r\nkyujitsu,休日窓口,,clerk,2027-03-31,pc-1,休日窓口,2026-06-30,8001:小林:2026-04-01:2026-06-30;8002:中村:2026-04-01:2026-06-30\r\n"))
	f.Add([]byte(head + "\n\"a,b\nc,d"))
	f.Fuzz(func(t *testing.T, data []byte) {
		drafts, wrong, err := ReadDrafts(bytes.NewReader(data))
		if err != nil || (len(drafts) > 0) == (len(wrong) > 0) || len(drafts) > 500 {
			t.Fatalf("%d drafts, %d faults, %v", len(drafts), len(wrong), err)
		}
		for i, d := range drafts {
			fault := &faults{row: i + 1}
			if d.form(fault); len(fault.list) > 0 {
				t.Fatalf("a draft that is not one: %v", fault.list)
			}
		}
		for _, w := range wrong {
			if w.Row < 0 || w.Row > mostRows || w.Code == "" {
				t.Fatalf("a fault that says nothing: %+v", w)
			}
		}
	})
}

func FuzzDecodeState(f *testing.F) {
	f.Add(state{Stage: StageFull, Account: "a", Terminal: "t", Language: "ja", Since: 1, Active: 1, Alive: 1}.encode())
	f.Add([]byte(`{"stage":"full","stage":"full"}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		st, ok := decodeState(data)
		if !ok {
			return
		}
		if again, ok := decodeState(st.encode()); !ok || !bytes.Equal(again.encode(), st.encode()) {
			t.Fatal("another session when written and read again")
		}
	})
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := parsePHC(s)
		if ok && (p.String() != s || p.memory > 1<<17 || p.time > 16 || len(p.key) < 16 || len(p.salt) < 8) {
			t.Fatalf("%q", s)
		}
	})
}

func FuzzOpenHandle(f *testing.F) {
	s := &Service{Config: Config{Secret: make([]byte, 32), Now: func() time.Time { return time.Unix(1776214800, 0) }}}
	v := Session{ID: strings.Repeat("a", 64)}
	right := s.SealHandle(v, "person", "ref")
	f.Add(right)
	f.Add(right[1:])
	f.Add("")
	f.Fuzz(func(t *testing.T, handle string) {
		if text, err := s.OpenHandle(v, "person", handle); err == nil && text != "ref" {
			t.Fatalf("%q opens", handle)
		}
	})
}

func FuzzWeak(f *testing.F) {
	known := commonWords()
	f.Add([]byte("winding river lantern 42"))
	f.Add([]byte("ｗｉｎｄｉｎｇ\u3000ｒｉｖｅｒ"))
	f.Add([]byte("\xff\xfe"))
	f.Fuzz(func(t *testing.T, password []byte) {
		before := bytes.Clone(password)
		folded := foldWidth(password)
		if !known.weak(folded, "kofu") && (len(folded) < 12 || len(folded) > 4*128) {
			t.Fatalf("%q is taken", password)
		}
		if !bytes.Equal(before, password) {
			t.Fatal("the password was changed")
		}
	})
}
