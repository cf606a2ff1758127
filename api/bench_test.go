// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"kofu/api/app"
	"kofu/cardauth"
	"kofu/cardauth/passport"
	"kofu/cert"
	state "kofu/test/passport"
	"kofu/test/phone"
)

// What binding, assertion and chip cost beside the plain card check: one
// application, from the body to the sealed one.
func BenchmarkApplication(b *testing.B) {
	jp := must[japan](b)(japans())
	plain := func(_ *world, h *app.Handler) {
		h.Devices, h.Cards.Bindings = nil, map[cert.Channel]cardauth.Binding{cert.App: cardauth.Attested}
	}
	surface := func(_ *world, h *app.Handler) { h.Devices = nil }
	chips := func(w *world, h *app.Handler) {
		h.Passports.Chips = &passport.ChipVerifier{CSCAs: must[*passport.CSCAs](b)(passport.ParseCSCAs(state.PEM(jp.authority))), Now: w.clock.now}
	}
	for _, tt := range []struct {
		name    string
		world   *world
		handset string
		wish    phone.Wish
	}{
		{"card", newWorld(b, plain), "", domestic()},
		{"card+surface", newWorld(b, surface), "", domestic()},
		{"card+surface+ios", newWorld(b, nil), "ios", domestic()},
		{"card+surface+android", newWorld(b, nil), "android", domestic()},
		{"card+surface+ios+zone", newWorld(b, nil), "ios", travel(goodZone(), nil)},
		{"card+surface+ios+chip", newWorld(b, chips), "ios", travel(nil, jp.chip(b, goodZone()))},
	} {
		b.Run(tt.name, func(b *testing.B) {
			var h phone.Handset
			switch tt.handset {
			case "ios":
				h = tt.world.iPhone(b)
			case "android":
				h = tt.world.pixel(b)
			}
			p := tt.world.phone(b, h, hers(b).Reader())
			for b.Loop() {
				b.StopTimer()
				_, a := proved(b, p, tt.wish)
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/app/v1/applications", bytes.NewReader(must[[]byte](b)(json.Marshal(a))))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set(app.HeaderApp, p.App)
				w := httptest.NewRecorder()
				b.StartTimer()
				tt.world.engine.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
