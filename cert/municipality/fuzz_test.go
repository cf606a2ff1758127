// SPDX-License-Identifier: Apache-2.0

package municipality_test

import (
	"errors"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/municipality"
)

// FuzzParse: whatever table is accepted answers alike by Admit, List, Open and
// Opens.
func FuzzParse(f *testing.F) {
	data, _ := example(f)
	f.Add(data, int64(1700000000))
	f.Add([]byte(withHours), int64(1798500000))
	f.Add([]byte(`{"municipalities":[{"code":"472051","channels":{"app":{"from":"2021-12-20","open":"24:00","close":"24:00"}}}]}`), int64(0))
	f.Add([]byte(`{"channels":{"kiosk":{"closed_days":["9999-12-31"]}},"municipalities":[]}`), int64(253402268400))
	f.Fuzz(func(t *testing.T, data []byte, seconds int64) {
		r, err := municipality.Parse(data)
		if (r == nil) == (err == nil) || (err != nil && !errors.Is(err, municipality.ErrFormat)) {
			t.Fatalf("neither a registry nor an error: %v", err)
		}
		if r == nil || len(r.Version()) != 16 || seconds < 0 || seconds > 250e9 {
			return
		}
		now := time.Unix(seconds, 0)
		for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
			listed := map[cert.MunicipalityCode]bool{}
			for _, m := range r.List(ch, now) {
				listed[m.Code] = true
			}
			for _, m := range r.All() {
				if _, err := r.Admit(m.Code, ch, now); listed[m.Code] != (err == nil) || (err == nil && r.Open(ch, now) != nil) {
					t.Errorf("%s on %s: listed %v, admitted %v, open %v", m.Code, ch, listed[m.Code], err, r.Open(ch, now))
				}
			}
			opens := r.Opens(ch, now)
			if opens.Before(now) || r.Open(ch, opens) != nil || opens.Equal(now) != (r.Open(ch, now) == nil) {
				t.Errorf("%s at %v opens at %v", ch, now, opens)
			}
		}
	})
}
