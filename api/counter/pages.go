// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/api/problem"
	"kofu/cert"
)

//go:embed page/*.html
var pageFiles embed.FS

//go:embed static/console.css static/console.js static/icon.svg
var staticFiles embed.FS

// pages are the templates of one language, by name.
type pages map[string]*template.Template

// Pages lists the names of all pages, sorted. Each page bears its own, in the
// attribute data-page of its body.
func Pages() []string {
	files, _ := fs.Glob(pageFiles, "page/*.html") // fails for a malformed pattern only
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(path.Base(file), ".html"); name != "frame" && name != "parts" {
			names = append(names, name)
		}
	}
	return names
}

// loadPages reads every page, once a language, each with the frame around it.
func loadPages(t texts) (pages, error) {
	frame, err := template.New("frame.html").Funcs(functions(t)).ParseFS(pageFiles, "page/frame.html", "page/parts.html")
	if err != nil {
		return nil, fmt.Errorf("counter: read the frame of the pages: %w", err)
	}
	all := pages{}
	for _, name := range Pages() {
		p, err := frame.Clone()
		if err == nil {
			p, err = p.ParseFS(pageFiles, "page/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("counter: read page %s: %w", name, err)
		}
		all[name] = p
	}
	return all, nil
}

// functions are what templates call.
func functions(t texts) template.FuncMap {
	return template.FuncMap{
		"t":    t.say,
		"name": t.name,
		"date": func(d cert.Date) string { return d.String() },
		"time": func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.In(cert.JST()).Format("2006-01-02 15:04:05")
		},
		"noun":   t.noun,
		"detail": t.detail,
		"has":    func(list []string, one string) bool { return slices.Contains(list, one) },
	}
}

// page is what the frame needs, and what is in it.
type page struct {
	cert.Redacted
	Name                      string // of the page, as in [Pages]
	Lang, Other               string // of the page, and the one to switch to
	Title                     string
	Town, Terminal, Operator  string
	SignedIn, Here            bool   // Here: signed in, with both factors
	Back                      string // where the language switch leads
	Nav                       []link
	Notice                    string // key of a text, or empty
	Faults                    []fault
	Data                      any
	Request                   string
	TitleJa, TitleEn          string // of a refusal
	NextJa, NextEn, Code, Way string
}

// link is an entry of the menu.
type link struct {
	Path, Key string
	Current   bool
}

// fault is what is wrong with a field. Text never has anything in it of what
// was typed.
type fault struct{ Field, Text string }

// Fault returns what is wrong with a field, or "".
func (p page) Fault(field string) string {
	for _, f := range p.Faults {
		if f.Field == field {
			return f.Text
		}
	}
	return ""
}

// Wrong is the attributes of a field, by which it is found to be wrong and what
// is said about it is read out. hint: the field has a hint as well.
func (p page) Wrong(field string, hint bool) template.HTMLAttr {
	var ids []string
	if hint {
		ids = append(ids, field+"-hint")
	}
	attr := ""
	if p.Fault(field) != "" {
		ids = append(ids, field+"-fault")
		attr = `aria-invalid="true" `
	}
	if len(ids) > 0 {
		attr += `aria-describedby="` + strings.Join(ids, " ") + `"`
	}
	return template.HTMLAttr(attr) //nolint:gosec // names of our own fields
}

// menu lists the pages that an account may open, in the order of [Routes].
func menu(s staff.Session, here string) (list []link) {
	entries := []struct{ path, key string }{
		{"/counter/search", "nav.search"}, {"/counter/void", "nav.void"},
		{"/counter/approvals", "nav.approvals"}, {"/counter/recall", "nav.recall"},
		{"/counter/accounts", "nav.accounts"}, {"/counter/terminals", "nav.terminals"},
		{"/counter/log", "nav.log"}, {"/counter/alerts", "nav.alerts"}, {"/counter/reviews", "nav.reviews"}, {"/counter/report", "nav.report"},
		{"/counter/inquiries", "nav.inquiries"},
	}
	routes := Routes()
	for _, e := range entries {
		i := slices.IndexFunc(routes, func(r Route) bool { return r.Method == get && r.Path == e.path })
		if i >= 0 && slices.ContainsFunc(routes[i].Allow, s.Account.Has) {
			list = append(list, link{e.path, e.key, here == e.path || strings.HasPrefix(here, e.path+"/")})
		}
	}
	return list
}

// frame fills in what stands on every page.
func (v *visit) frame(title string, data any) page {
	p := page{Lang: v.lang, Other: "en", Data: data, Terminal: v.terminal.ID, SignedIn: v.signedIn, Back: "/counter/",
		Request: v.c.GetString(problem.RequestIDKey)}
	p.Town = string(v.own())
	if v.lang == "en" {
		p.Other = "ja"
	}
	switch {
	case v.town.NameJa != "" && v.lang == "en":
		p.Town = v.town.NameEn
	case v.town.NameJa != "":
		p.Town = v.town.NameJa
	}
	p.Title, _ = v.texts[v.lang].say(title)
	if v.signedIn {
		p.Operator = v.session.Operator()
		p.Here = v.session.Stage == staff.StageFull
	}
	if p.Here {
		here := v.route.Path
		switch here {
		case "/counter/person", "/counter/preview", "/counter/certificate", "/counter/paper":
			here = "/counter/search"
		}
		p.Nav = menu(v.session, here)
	}
	if !v.signedIn {
		p.Back = "/counter/sign-in"
		if v.route.Path == "/counter/enrol" {
			p.Back = v.route.Path
		}
	} else if v.route.Method == get && !strings.Contains(v.route.Path, ":") && v.c.FullPath() != "" {
		p.Back = v.route.Path
	}
	if n := v.c.Query("notice"); n != "" {
		if _, ok := v.texts[v.lang]["notice."+n]; ok {
			p.Notice = "notice." + n
		}
	}
	return p
}

// show answers with a page.
func (v *visit) show(name, title string, data any) error {
	return v.render(http.StatusOK, name, v.frame(title, data))
}

// showFaults shows a form again, with what is wrong with it.
func (v *visit) showFaults(name, title string, data any, faults []fault) error {
	p := v.frame(title, data)
	p.Notice = ""
	p.Faults = faults
	return errors.Join(v.render(http.StatusUnprocessableEntity, name, p), errFaults)
}

// faultOf makes the fault of a field, by the key of its text.
func (v *visit) faultOf(field, key string) fault {
	text, err := v.texts[v.lang].say("fault." + key)
	if err != nil {
		text = v.texts[v.lang]["fault.other"]
	}
	return fault{field, text}
}

// render makes the whole page before anything of it is sent, in a buffer that
// is wiped when it has been.
func (v *visit) render(status int, name string, p page) error {
	var b bytes.Buffer
	defer func() { clear(b.Bytes()) }()
	t := v.pages[v.lang][name]
	if t == nil {
		return fmt.Errorf("counter: no page %s", name)
	}
	p.Name = name
	root := "frame.html"
	if name == "bare" {
		root = "bare.html"
	}
	if err := t.ExecuteTemplate(&b, root, p); err != nil {
		return fmt.Errorf("counter: make page %s", name) // what a template says may quote its data
	}
	if v.once {
		return v.keep(status, b.Bytes())
	}
	h := v.c.Writer.Header()
	h.Set("Content-Language", v.lang)
	v.c.Data(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// showRefusal shows the page for an error. A terminal that is not known is
// told so, and nothing else.
func (v *visit) showRefusal(err error) {
	found, _ := v.refusals.Find(err)
	p := v.frame("refused.title", nil)
	if v.again != nil && found.Status >= http.StatusInternalServerError {
		p.Data = v.again
	}
	p.Notice = ""
	p.TitleJa, p.TitleEn, p.NextJa, p.NextEn, p.Code, p.Way = found.Title.Ja, found.Title.En, found.Next.Ja, found.Next.En, found.Code, "/counter/"
	name := "refused"
	if errors.Is(err, errTerminal) || v.terminal.ID == "" {
		name, p.Terminal, p.Town = "bare", "", ""
	}
	if found.RetryAfter > 0 && !v.once {
		v.c.Header("Retry-After", fmt.Sprint(int(found.RetryAfter.Seconds())))
	}
	if render := v.render(found.Status, name, p); render != nil && !v.c.Writer.Written() {
		v.c.Data(http.StatusInternalServerError, "text/plain; charset=utf-8", []byte("internal"))
	}
}

// start leads to the first page.
func (v *visit) start() error { return v.goTo("/counter/") }

// static serves the stylesheet and the script.
func (v *visit) static() error {
	media := map[string]string{"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}[v.c.Param("name")]
	if media == "" {
		return problem.ErrNotFound
	}
	data, err := staticFiles.ReadFile("static/" + v.c.Param("name"))
	if err != nil {
		return problem.ErrNotFound
	}
	v.c.Data(http.StatusOK, media, data)
	return nil
}

// home shows what the account may do.
func (v *visit) home() error { return v.show("home", "home.title", nil) }
