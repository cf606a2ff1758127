// SPDX-License-Identifier: Apache-2.0

package attest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"kofu/cardauth/attest"
)

// fixed is an asserter that takes one assertion only.
type fixed string

func (f fixed) VerifyAssertion(_ attest.Device, _ [32]byte, assertion []byte) error {
	switch string(assertion) {
	case string(f):
		return nil
	case "broken":
		return errors.New("no code")
	}
	return attest.Refuse("assertion", attest.CodeAssertionSig)
}

// Rows: B7
func TestPolicies(t *testing.T) {
	o := newOffice(t, nil)
	d := phone(t)
	token, _, err := o.Issue(d, now())
	if err != nil {
		t.Fatal(err)
	}
	good := attest.Proof{Credential: token, Assertion: []byte("yes")}
	for _, c := range []struct {
		name     string
		policy   attest.Policy
		platform attest.Platform
		proof    attest.Proof
		device   bool
		err      attest.Code
		told     []attest.Code
	}{
		{"required, good", attest.Required, attest.Android, good, true, "", nil},
		{"required is the default", "", attest.Android, attest.Proof{}, false, attest.CodeCredentialMissing, []attest.Code{attest.CodeCredentialMissing}},
		{"required, no assertion", attest.Required, attest.Android, attest.Proof{Credential: token}, false, attest.CodeAssertionMissing, []attest.Code{attest.CodeAssertionMissing}},
		{"required, bad assertion", attest.Required, attest.Android, attest.Proof{Credential: token, Assertion: []byte("no")}, false, attest.CodeAssertionSig, []attest.Code{attest.CodeAssertionSig}},
		{"required, platform not configured", attest.Required, attest.IOS, good, false, attest.CodePlatform, []attest.Code{attest.CodePlatform}},
		{"required, error without a code", attest.Required, attest.Android, attest.Proof{Credential: token, Assertion: []byte("broken")}, false, attest.CodeInternal, []attest.Code{attest.CodeInternal}},
		{"report, good", attest.Report, attest.Android, good, true, "", nil},
		{"report, nothing", attest.Report, attest.Android, attest.Proof{}, false, "", []attest.Code{attest.CodeCredentialMissing}},
		{"report, bad assertion", attest.Report, attest.Android, attest.Proof{Credential: token, Assertion: []byte("no")}, false, "", []attest.Code{attest.CodeAssertionSig}},
		{"off", attest.Off, attest.Android, attest.Proof{Credential: "x"}, false, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told []attest.Code
			g := attest.Guard{
				Policy: c.policy, Credentials: o.Credentials, Asserters: attest.Asserters{c.platform: fixed("yes")}, Now: now,
				Refused: func(_ context.Context, c attest.Code) { told = append(told, c) },
			}
			if err := g.Check(); err != nil {
				t.Fatal(err)
			}
			got, err := g.Admit(t.Context(), c.proof, [32]byte{})
			code, _ := attest.CodeOf(err)
			if code != c.err || (err == nil) != (c.err == "") || (got != nil) != c.device || !slices.Equal(told, c.told) {
				t.Errorf("device %v, told %v, error %v", got != nil, told, err)
			}
			if got != nil && got.Thumbprint() != d.Thumbprint() {
				t.Error("another device")
			}
		})
	}
}

func TestGuardIsChecked(t *testing.T) {
	o := newOffice(t, nil)
	good := attest.Guard{Credentials: o.Credentials, Asserters: attest.Asserters{}, Now: now}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	if err := (&attest.Guard{Policy: attest.Off}).Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*attest.Guard){
		"policy": func(g *attest.Guard) { g.Policy = "sometimes" }, "credentials": func(g *attest.Guard) { g.Credentials = nil },
		"asserters": func(g *attest.Guard) { g.Asserters = nil }, "clock": func(g *attest.Guard) { g.Now = nil },
	} {
		g := good
		change(&g)
		if err := g.Check(); !errors.Is(err, attest.ErrConfig) {
			t.Errorf("without a good %s: %v", name, err)
		}
	}
}

// TestDevicePrintsRedacted: a device's key tells it from others, and is shown
// to nobody.
func TestDevicePrintsRedacted(t *testing.T) {
	d := phone(t)
	var out bytes.Buffer
	for _, v := range []any{d, &d, []attest.Device{d}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	point, _ := d.Key.Bytes()
	for _, mark := range []string{d.Thumbprint(), fmt.Sprintf("%x", point[1:9]), "AppVersion", "P-256"} {
		if strings.Contains(out.String(), mark) {
			t.Errorf("shows %q", mark)
		}
	}
}

func TestCodesAreDistinct(t *testing.T) {
	codes := attest.Codes()
	for i, c := range codes {
		if c == "" || slices.Contains(codes[:i], c) {
			t.Errorf("%q twice", c)
		}
		if _, ok := attest.CodeOf(attest.Refuse("x", c)); !ok {
			t.Errorf("%q is lost", c)
		}
	}
	if _, ok := attest.CodeOf(errors.New("x")); ok {
		t.Error("a code out of nothing")
	}
}
