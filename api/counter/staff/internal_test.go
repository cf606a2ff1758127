// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"strings"
	"testing"
)

func TestHashCost(t *testing.T) {
	h := newHashes()
	made, err := h.create(t.Context(), []byte("winding river lantern 42"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(made, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("another cost: %s", made[:32])
	}
	twice, err := h.create(t.Context(), []byte("winding river lantern 42"))
	if err != nil || twice == made {
		t.Error("no salt")
	}
	// The second is of the reference implementation's own tests (src/test.c).
	for hash, password := range map[string]string{
		made: "winding river lantern 42",
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4": "password",
	} {
		if ok, err := h.verify(t.Context(), hash, []byte(password)); !ok || err != nil {
			t.Errorf("%s: %v %v", hash, ok, err)
		}
		if ok, _ := h.verify(t.Context(), hash, []byte(password+" ")); ok {
			t.Errorf("%s: another password", hash)
		}
	}
	for _, none := range []string{"", "x", strings.Replace(made, "argon2id", "argon2i", 1), strings.Replace(made, "v=19", "v=16", 1),
		strings.Replace(made, "m=19456", "m=9999999", 1), strings.Replace(made, "t=2", "t=99", 1), strings.Replace(made, "m=19456,t=2,p=1", "m=8,t=1,p=9", 1),
		made + "=", made[:len(made)-30]} {
		if ok, err := h.verify(t.Context(), none, []byte("winding river lantern 42")); ok || err != nil {
			t.Errorf("%q: %v %v", none, ok, err)
		}
	}
	if ok, _ := h.verify(t.Context(), "", nil); ok {
		t.Error("nobody has a password")
	}
}

func TestCommonWords(t *testing.T) {
	if w := commonWords(); len(w) < 10000 {
		t.Errorf("%d words", len(w))
	}
}

func TestCodeForms(t *testing.T) {
	code, hash := newCode()
	if len(code) != 23 || strings.Trim(code, codeLetters+"-") != "" {
		t.Errorf("the code is %q", code)
	}
	o := strings.NewReplacer("0", "o", "1", "l")
	for _, same := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", " "), strings.ReplaceAll(code, "-", ""), " " + code, o.Replace(code)} {
		if string(codeHash(same)) != string(hash) {
			t.Errorf("%q is another code", same)
		}
	}
	for _, none := range []string{"", code[1:], code + "A", strings.Repeat("U", 20), strings.Repeat("0", 4000)} {
		if codeHash(none) != nil {
			t.Errorf("%q is a code", none)
		}
	}
	if other, _ := newCode(); other == code {
		t.Error("the same code twice")
	}
}
