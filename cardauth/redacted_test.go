// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"kofu/cardauth"
)

// TestCardDataPrintsRedacted: no verb, encoder or logger shows what a card
// holds.
func TestCardDataPrintsRedacted(t *testing.T) {
	d, h := newDesk(t), resident()
	ev := d.prove(t, d.issue(t, h))
	p, err := d.verify(t, ev)
	if err != nil {
		t.Fatal(err)
	}
	marks := []string{
		h.MyNumber, h.Name, h.Address, h.BirthDate, "1985-03-14",
		hex.EncodeToString([]byte(h.MyNumber)), strings.ToUpper(hex.EncodeToString([]byte(h.MyNumber))),
		base64.StdEncoding.EncodeToString(ev.Files.EF0001), hex.EncodeToString(ev.Files.EF0003[:40]),
		hex.EncodeToString(p.CardKey[:]), fmt.Sprint([]byte(ev.Files.EF0001[3:15])),
	}
	for name, v := range map[string]any{
		"evidence": ev, "*evidence": &ev, "files": ev.Files, "*files": &ev.Files, "secret": ev.Files.EF0001, "secrets": []cardauth.Secret{ev.Files.EF0001},
		"person": *p, "*person": p, "applicant": p.Applicant, "address": p.Address,
		"map": map[string]any{"e": ev, "p": p}, "signature": ev.Signature,
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
		v1, err1 := json.Marshal(v)
		v2, err2 := jsonv2.Marshal(v)
		if err1 != nil || err2 != nil {
			t.Errorf("%s: %v, %v", name, err1, err2)
		}
		out.Write(v1)
		out.Write(v2)
		for _, mark := range marks {
			if strings.Contains(out.String(), mark) {
				t.Errorf("%s shows %q", name, mark)
			}
		}
		if !strings.Contains(out.String(), "[redacted]") {
			t.Errorf("%s does not say that something is hidden", name)
		}
	}
}

// TestErrorsHoldNothingOfTheCard: not even of cards that are refused.
func TestErrorsHoldNothingOfTheCard(t *testing.T) {
	for _, list := range [][]refusal{malformedRefusals(), contentRefusals(), attributeRefusals()} {
		for _, tt := range list {
			d := newDesk(t)
			_, err := d.verify(t, tt.send(t, d))
			if err == nil || len(err.Error()) > 80 || strings.Contains(err.Error(), "5376") || strings.Contains(err.Error(), "子") {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}
}

func TestWipe(t *testing.T) {
	d := newDesk(t)
	ev := d.prove(t, d.issue(t, resident()))
	ev.Wipe()
	for i, s := range []cardauth.Secret{ev.Files.EF0001, ev.Files.EF0002, ev.Files.EF0003, ev.Files.EF0004, ev.Files.EF0007, ev.Signature} {
		if len(s) == 0 || !bytes.Equal(s, make([]byte, len(s))) {
			t.Errorf("part %d is not wiped", i)
		}
	}
	var nobody *cardauth.Person
	nobody.Wipe()
}
