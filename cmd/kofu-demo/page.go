// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
)

// assets are the phone page and the kiosk page: templates, scripts and style
// sheets. Nothing is built, and nothing comes from elsewhere.
//
//go:embed page
var assets embed.FS

// policy lets a page load from this server only; pictures also from memory,
// where the QR code is.
const policy = "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// kioskPolicy also lets the kiosk page show, in a frame, the paper that it has
// in memory.
const kioskPolicy = policy + "; frame-src blob:"

// pageFiles are the files that the pages load, by media type.
func pageFiles() map[string][]string {
	return map[string][]string{
		"text/javascript; charset=utf-8": {"phone.js", "kiosk.js", "machine.js", "screen.js", "hands.js", "line.js", "card.js", "paper.js", "counter.js"},
		"text/css; charset=utf-8":        {"phone.css", "kiosk.css", "hands.css", "counter.css"},
		"image/svg+xml":                  {"icon.svg"},
	}
}

// mountPage puts the pages on mux.
func (w *world) mountPage(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(out http.ResponseWriter, r *http.Request) { w.showPage(out, r, "phone.html", policy) })
	mux.HandleFunc("GET /kiosk", func(out http.ResponseWriter, r *http.Request) { w.showPage(out, r, "kiosk.html", kioskPolicy) })
	for media, names := range pageFiles() {
		for _, name := range names {
			mux.HandleFunc("GET /demo/page/"+name, func(out http.ResponseWriter, r *http.Request) {
				guard(out, media, policy)
				http.ServeFileFS(out, r, assets, "page/"+name)
			})
		}
	}
}

func guard(out http.ResponseWriter, media, policy string) {
	h := out.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

func (w *world) showPage(out http.ResponseWriter, r *http.Request, name, policy string) {
	page, err := template.New(name).Funcs(template.FuncMap{"lower": strings.ToLower}).ParseFS(assets, "page/"+name)
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
	guard(out, "text/html; charset=utf-8", policy)
	_, _ = out.Write(body.Bytes()) // the caller may be gone
}
