// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"kofu/api/app"
	"kofu/cardauth/attest"
)

// Whatever is sent, the answer is one of the contract's, and nothing is issued.
func FuzzBody(f *testing.F) {
	s := newWorld(f, func(w *world, h *app.Handler) { w.devices.Policy, h.Releases = attest.Report, nil })
	paths := []string{"/app/v1/challenges", "/app/v1/applications", "/app/v1/applications/discard", "/app/v1/certificates", "/app/v1/devices"}
	for i := range paths {
		f.Add(uint8(i), `{}`)
	}
	f.Add(uint8(1), `{"challenge_id":"x","device":"r3K1u8mVZ0q2b7Yx5c9dEw","kind":"domestic","municipality":"900001","card":{"ef0001":"","ef0002":"","ef0003":"","ef0004":"","ef0007":"","signature":""},"mrz":["",""]}`)
	f.Add(uint8(3), `{"sealed_application":"a..b.c.d","device":"r3K1u8mVZ0q2b7Yx5c9dEw","pdf":true}`)
	f.Add(uint8(1), `{"challenge_id":"x","device":"r3K1u8mVZ0q2b7Yx5c9dEw","kind":"overseas","municipality":"900001","card":{"ef0001":"AA==","ef0002":"AA==","ef0003":"AA==","ef0004":"AA==","signature":"AA==",
		"surface":{"birth":"AA==","sex":"AA==","key":"AA==","pictures":"AA==","photo":"AA==","signature":"AA==","ef0004":"AA=="}},"passport_chip":{"sod":"dwA=","dg1":"YQA="},"credential":"a.b.c","assertion":"ogA="}`)
	f.Add(uint8(4), `{"platform":"ios","challenge_id":"x","attestation":"o2NmbXQ=","key_id":"AA=="}`)
	f.Add(uint8(4), `{"platform":"android","challenge_id":"x","attestation":"YS5iLmMuZC5l","key":"MFkw"}`)
	f.Add(uint8(3), "{\"sealed_application\":\"\xff\",\"device\":null}")
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		r := s.call(t, http.MethodPost, paths[int(which)%len(paths)], body, "application/json")
		said := text(t, r)
		switch {
		case r.StatusCode == http.StatusCreated && int(which)%len(paths) == 0:
		case r.StatusCode < 400 || r.StatusCode >= 500 || !json.Valid([]byte(said)):
			t.Errorf("%d %s", r.StatusCode, said)
		}
	})
}
