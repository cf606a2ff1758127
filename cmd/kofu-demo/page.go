// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
)

// assets is the phone page: one template, one script, one style sheet. Nothing
// is built, and nothing comes from elsewhere.
//
//go:embed page
var assets embed.FS

// policy lets the page load from this server only; pictures also from memory,
// where the QR code is.
const policy = "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// mountPage puts the phone page on mux.
func (w *world) mountPage(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", w.showPage)
	for name, media := range map[string]string{
		"phone.js": "text/javascript; charset=utf-8", "phone.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		mux.HandleFunc("GET /demo/page/"+name, func(out http.ResponseWriter, r *http.Request) {
			guard(out, media)
			http.ServeFileFS(out, r, assets, "page/"+name)
		})
	}
}

func guard(out http.ResponseWriter, media string) {
	h := out.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

func (w *world) showPage(out http.ResponseWriter, r *http.Request) {
	page, err := template.New("phone.html").Funcs(template.FuncMap{"lower": strings.ToLower}).ParseFS(assets, "page/phone.html")
	if err != nil {
		http.Error(out, "page", http.StatusInternalServerError)
		return
	}
	persons, err := w.persons()
	if err != nil {
		http.Error(out, "page", http.StatusInternalServerError)
		return
	}
	var body bytes.Buffer
	if err := page.Execute(&body, struct {
		Residents []person
		Issuer    string
		Base      string
	}{persons, issuer, "http://" + r.Host}); err != nil {
		http.Error(out, "page", http.StatusInternalServerError)
		return
	}
	guard(out, "text/html; charset=utf-8")
	_, _ = out.Write(body.Bytes()) // the caller may be gone
}
