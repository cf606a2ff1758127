// SPDX-License-Identifier: Apache-2.0

package municipality

import (
	"errors"
	"strings"
	"testing"

	"kofu/cert"
)

// withLint is the example's first municipality with a line of lint, the ninth
// of the table.
func withLint(line string) []byte {
	return []byte(`{"municipalities": [
  {
    "code": "472051",
    "name_ja": "宜野湾市", "name_en": "Ginowan City",
    "issuer_ja": "宜野湾市長", "issuer_en": "Mayor of Ginowan City",
    "fee_yen": 120,
    "contact_ja": "健康増進課", "contact_en": "Health Promotion Division",
    "channels": {"app": {"from": "2021-12-20"}},
` + line + `
  }
]}`)
}

// Rows: R4.2
func TestAMunicipalitySetsWhatRefusesAndWhatWarns(t *testing.T) {
	r, err := Parse(withLint(`    "lint": {"dose_interval_short": "warn", "dose_gap": "refuse", "dose_order": "refuse"}`))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := r.Lookup("472051")
	for code, want := range map[string]cert.Severity{
		cert.FindingDoseIntervalShort: cert.Warn,   // lowered
		cert.FindingDoseGap:           cert.Refuse, // raised
		cert.FindingDoseOrder:         cert.Refuse, // as it is
		cert.FindingDoseAgeYoung:      cert.Refuse, // by default
		cert.FindingDoseAgeOld:        cert.Warn,   // by default
		"dose_banana":                 cert.Refuse, // not known
	} {
		if got := m.Severity(code); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	lowered := Municipality{Lint: map[string]cert.Severity{cert.FindingDoseOrder: cert.Warn}}
	if lowered.Severity(cert.FindingDoseOrder) != cert.Refuse {
		t.Error("a fixed rule was lowered behind the loader's back")
	}
	plain, err := Parse(withLint(`    "lint": {}`))
	if err != nil || plain.Version() == r.Version() {
		t.Errorf("the version does not tell: %v", err)
	}
}

func TestLintThatCannotBeIsToldWithItsPlace(t *testing.T) {
	for line, want := range map[string]string{
		`"lint": {"dose_banana": "warn"}`:                                `9:10: lint: no rule is called "dose_banana"`,
		`"lint": {"dose_gap": "refuse", "dose_intervall_short": "warn"}`: `9:32: lint: no rule is called "dose_intervall_short"`,
		`"lint": {"dose_interval_short": "ignore"}`:                      `9:10: lint: dose_interval_short is "refuse" or "warn"`,
		`"lint": {"dose_interval_short": true}`:                          `9:10: lint: dose_interval_short is "refuse" or "warn"`,
		`"lint": {"dose_order": "warn"}`:                                 `9:10: lint: dose_order cannot be lowered`,
		`"lint": {"dose_future": "warn"}`:                                `9:10: lint: dose_future cannot be lowered`,
		`"lint": ["dose_gap"]`:                                           `lint is an object`,
		`"lint": {"dose_gap": "warn", "dose_gap": "refuse"}`:             `duplicate`,
		`"lent": {"dose_gap": "warn"}`:                                   `unknown`,
	} {
		_, err := Parse(withLint(line))
		if !errors.Is(err, ErrFormat) || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), " 9:") {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	for _, r := range cert.FindingRules() {
		_, err := Parse(withLint(`"lint": {"` + r.Code + `": "warn"}`))
		if (err != nil) != r.Fixed {
			t.Errorf("%s, fixed %v: %v", r.Code, r.Fixed, err)
		}
	}
}
