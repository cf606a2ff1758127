// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
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
	sd := newSurfaceDesk(t)
	sev := sd.prove(t, sd.issue(t, h))
	sp, err := sd.verify(t, sev)
	if err != nil {
		t.Fatal(err)
	}
	marks := []string{
		hex.EncodeToString(sev.Surface.Birth), base64.StdEncoding.EncodeToString(sev.Surface.Birth), fmt.Sprint([]byte(sev.Surface.Birth[3:])),
		hex.EncodeToString(sev.Surface.Key[5:40]), fmt.Sprint([]byte(sev.Surface.Key[14:40])), base64.StdEncoding.EncodeToString(sev.Surface.Pictures),
		hex.EncodeToString(sev.Surface.Photo), fmt.Sprint([]byte(sev.Surface.Photo)), hex.EncodeToString(sp.CardKey[:]), fmt.Sprint(sp.CardKey),
		h.MyNumber, h.Name, h.Address, h.BirthDate, "1985-03-14",
		hex.EncodeToString([]byte(h.MyNumber)), strings.ToUpper(hex.EncodeToString([]byte(h.MyNumber))),
		base64.StdEncoding.EncodeToString(ev.Files.EF0001), hex.EncodeToString(ev.Files.EF0003[:40]),
		hex.EncodeToString(p.CardKey[:]), fmt.Sprint([]byte(ev.Files.EF0001[3:15])),
	}
	for name, v := range map[string]any{
		"evidence": ev, "*evidence": &ev, "files": ev.Files, "*files": &ev.Files, "secret": ev.Files.EF0001, "secrets": []cardauth.Secret{ev.Files.EF0001},
		"person": *p, "*person": p, "applicant": p.Applicant, "address": p.Address,
		"map": map[string]any{"e": ev, "p": p}, "signature": ev.Signature,
		"surface evidence": sev, "*surface evidence": &sev, "surface": *sev.Surface, "*surface": sev.Surface, "surface person": sp,
		"surfaces": []*cardauth.SurfaceFiles{sev.Surface}, "any surface": map[string]any{"s": sev.Surface, "d": sev.Surface.Photo},
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
	for i, list := range [][]refusal{
		malformedRefusals(), contentRefusals(), attributeRefusals(), surfaceFormRefusals(), surfaceRecordRefusals(), surfaceHolderRefusals(),
	} {
		for _, tt := range list {
			d := newDesk(t)
			if i >= 3 {
				d = newSurfaceDesk(t)
			}
			_, err := d.verify(t, tt.send(t, d))
			if err == nil || len(err.Error()) > 80 || strings.Contains(err.Error(), "5376") || strings.Contains(err.Error(), "1985") || strings.Contains(err.Error(), "子") {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}
}

func TestWipe(t *testing.T) {
	d := newSurfaceDesk(t)
	ev := d.proveWith(t, d.issue(t, resident()), func(*cardauth.Files) {})
	ev.Wipe()
	for i, s := range []cardauth.Secret{
		ev.Files.EF0001, ev.Files.EF0002, ev.Files.EF0003, ev.Files.EF0004, ev.Files.EF0007, ev.Signature,
		ev.Surface.Birth, ev.Surface.Sex, ev.Surface.Key, ev.Surface.Pictures, ev.Surface.Photo, ev.Surface.Signature, ev.Surface.EF0004,
	} {
		if len(s) == 0 || !bytes.Equal(s, make([]byte, len(s))) {
			t.Errorf("part %d is not wiped", i)
		}
	}
	var nobody *cardauth.Person
	nobody.Wipe()
	ev.Surface = nil
	ev.Wipe()
}

// TestWipeForgetsNoField: what SurfaceFiles gain, Wipe wipes.
func TestWipeForgetsNoField(t *testing.T) {
	var s cardauth.SurfaceFiles
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		if f, ok := v.Field(i).Addr().Interface().(*cardauth.Secret); ok {
			*f = []byte{1}
		} else if name := v.Type().Field(i).Name; name != "Redacted" {
			t.Errorf("%s is no Secret", name)
		}
	}
	s.Wipe()
	for i := range v.NumField() {
		if f, ok := v.Field(i).Interface().(cardauth.Secret); ok && f[0] != 0 {
			t.Errorf("%s is not wiped", v.Type().Field(i).Name)
		}
	}
}
