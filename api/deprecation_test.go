// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"kofu/api/app"
	"kofu/cert"
	"kofu/test/phone"
)

func endOfV1() app.Deprecation {
	return app.Deprecation{
		Since: time.Date(2028, 4, 1, 0, 0, 0, 0, cert.JST()), Sunset: time.Date(2029, 4, 1, 0, 0, 0, 0, cert.JST()),
		Link: "https://app.example/v2",
	}
}

// TestEndIsAnnouncedInEveryAnswer: refusals, too, since these are what an old
// app gets to see; and nothing is announced that has not been decided.
func TestEndIsAnnouncedInEveryAnswer(t *testing.T) {
	for _, tt := range []struct {
		name                      string
		set                       func(*world, *app.Handler)
		deprecation, sunset, link string
	}{
		{"no end", nil, "", "", ""},
		{"an end", func(_ *world, h *app.Handler) { h.Deprecation = endOfV1() },
			"@1838127600", "Sat, 31 Mar 2029 15:00:00 GMT", `<https://app.example/v2>; rel="deprecation"`},
	} {
		w := newWorld(t, tt.set)
		p := w.phone(t, nil, nil)
		p.HTTP.Transport = wires{t: t, s: w.fixture, wild: true}
		got := map[int]bool{}
		for path, item := range document(t).Paths.Map() {
			for method := range item.Operations() {
				if len(path) < 5 || path[:5] != "/app/" {
					continue
				}
				for _, name := range []string{"ios/9.0", "ios/0.1"} {
					p.App = name
					r := must[*phone.Response](t)(p.Send(t.Context(), method, path, "application/json", []byte("{}")))
					got[r.Status] = true
					if h := r.Header; h.Get("Deprecation") != tt.deprecation || h.Get("Sunset") != tt.sunset || h.Get("Link") != tt.link {
						t.Errorf("%s: %s %s: %d with %q, %q, %q", tt.name, method, path, r.Status, h.Get("Deprecation"), h.Get("Sunset"), h.Get("Link"))
					}
					if up := r.Header.Values("Upgrade"); len(up) > 0 {
						t.Errorf("%s: %d asks for another protocol: %q", path, r.Status, up)
					}
				}
			}
		}
		for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusBadRequest, http.StatusUpgradeRequired} {
			if !got[status] {
				t.Errorf("%s: nothing was answered with %d", tt.name, status)
			}
		}
	}
}

func TestDeprecationsThatCannotBe(t *testing.T) {
	for name, change := range map[string]func(d *app.Deprecation){
		"no beginning":           func(d *app.Deprecation) { d.Since = time.Time{} },
		"before there was time":  func(d *app.Deprecation) { d.Since = time.Unix(-1, 0) },
		"no end":                 func(d *app.Deprecation) { d.Sunset = time.Time{} },
		"a day less than a year": func(d *app.Deprecation) { d.Sunset = d.Sunset.AddDate(0, 0, -1) },
		"no link":                func(d *app.Deprecation) { d.Link = "" },
		"link in the clear":      func(d *app.Deprecation) { d.Link = "http://app.example/v2" },
		"link that ends early":   func(d *app.Deprecation) { d.Link = `https://app.example/>; rel="next"` },
		"link with another line": func(d *app.Deprecation) { d.Link = "https://app.example/\r\nX: y" },
	} {
		d := endOfV1()
		change(&d)
		if err := d.Check(); !errors.Is(err, app.ErrDeprecation) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(endOfV1().Check(), app.Deprecation{}.Check()); err != nil {
		t.Error(err)
	}
}
