// SPDX-License-Identifier: Apache-2.0

package verify_test

import (
	"errors"
	"testing"

	"kofu/cert/shc"
	"kofu/cert/verify"
)

// Paper whose symbols are revoked, or one of them, is not authentic.
//
// Rows: R3.3
func TestPaperWithARevokedSymbol(t *testing.T) {
	o := newOffice(t)
	c := printable(t)
	card, doc := o.issue(t, c)
	paper := page(t, c, card, doc)
	list := func(rid string) []byte {
		out, err := shc.EncodeCRL(o.shc.ID, 2, []string{rid})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, tt := range map[string]struct {
		rid, uvci string
		revoked   bool
	}{
		"neither":      {"YjKhdFoxL_g", "6U5RSWMBASG3", false},
		"the document": {"YjKhdFoxL_g", c.UVCI, true},
		"the card":     {c.RID, "6U5RSWMBASG3", true},
		"both":         {c.RID, c.UVCI, true},
	} {
		v := judgeOne(t, o.trust(t, func(b *verify.TrustBundle) {
			b.CRLs = append(b.CRLs, list(tt.rid))
			b.RevokedUVCI = []string{verify.HashUVCI(tt.uvci)}
		}), paper)
		want := map[bool]string{true: verify.ReasonRevoked}[tt.revoked]
		if len(v.Certificates) != 2 || v.Reason() != want || (v.Outcome() == verify.Authentic) == tt.revoked {
			t.Errorf("%s: %v, %d certificates, %q", name, v.Outcome(), len(v.Certificates), v.Reason())
		}
	}
}

// An empty list says that nothing is revoked; no list says nothing.
func TestBundleTellsWhetherRevocationWasAsked(t *testing.T) {
	o := newOffice(t)
	_, doc := o.issue(t, certificate())
	for name, tt := range map[string]struct {
		list  []string
		asked bool
	}{"no list": {nil, false}, "empty list": {[]string{}, true}} {
		v := judgeOne(t, o.trust(t, func(b *verify.TrustBundle) { b.RevokedUVCI = tt.list }), []byte(doc))
		if v.Certificates[0].Asked != tt.asked || v.Outcome() != verify.Authentic {
			t.Errorf("%s: asked %t, %q", name, v.Certificates[0].Asked, v.Reason())
		}
	}
}

func TestUVCIList(t *testing.T) {
	a, b := verify.HashUVCI("6U5RSWMBASG2"), verify.HashUVCI("6U5RSWMBASG3")
	got, err := verify.UVCIList([]string{a, b, a})
	if a > b {
		a, b = b, a
	}
	if want := `{"format":"vdsnc","uvci_sha256":["` + a + `","` + b + `"]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	empty, err := verify.UVCIList(nil)
	if err != nil || string(empty) != `{"format":"vdsnc","uvci_sha256":[]}` {
		t.Errorf("%s, %v", empty, err)
	}
	for _, list := range [][]byte{got, empty} {
		if err := new(verify.Trust).AddRevocations(list); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "6U5RSWMBASG2", a[1:], a + "0", a + "\n"} {
		if _, err := verify.UVCIList([]string{b, bad}); !errors.Is(err, verify.ErrTrust) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
