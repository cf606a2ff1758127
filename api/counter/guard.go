// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"crypto/sha256"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"kofu/api/counter/staff"
	"kofu/api/problem"
)

// cookieName is the only cookie there is. The prefix binds it to this host,
// TLS and the whole path (RFC 6265bis section 4.1.3.2). Its value is the token
// of the session and, behind a point, the language: who comes with a session
// that has ended is told so in the language they worked in.
const cookieName = "__Host-kofu-counter"

var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{26,128}$`)

// policy is the Content-Security-Policy of every page.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// paperPolicy is that of a PDF: browsers put their own viewer around it, with
// styles of its own.
const paperPolicy = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// secure sets what every answer of the console has beside the headers of
// [problem.Engine].
func secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "publickey-credentials-get=(self), publickey-credentials-create=(self), "+
		"camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	c.Next()
}

// sameOrigin refuses what another site asks the browser for. A request that
// changes something must say where it comes from; a browser always does.
func sameOrigin(r *http.Request) error {
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead
	site := r.Header.Get("Sec-Fetch-Site")
	switch {
	case site == "same-origin":
	case safe && (site == "none" || site == ""):
	case site == "" && r.Header.Get("Origin") != "": // compared with the host below
	default:
		return errCrossSite
	}
	if http.NewCrossOriginProtection().Check(r) != nil {
		return errCrossSite
	}
	return nil
}

// identify finds out which terminal a request is of (F1, F2), by the key of
// the client certificate that TLS has verified.
func (k *console) identify(c *gin.Context) (staff.Terminal, error) {
	if !k.near(c.Request.RemoteAddr) || c.Request.TLS == nil || len(c.Request.TLS.VerifiedChains) == 0 {
		return staff.Terminal{}, errTerminal
	}
	key := sha256.Sum256(c.Request.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo)
	t, err := k.Staff.Terminal(c.Request.Context(), key)
	if errors.Is(err, staff.ErrNoTerminal) {
		return staff.Terminal{}, errTerminal
	}
	return t, storeError(err)
}

// near reports whether addr is in one of the networks.
func (k *console) near(addr string) bool {
	if len(k.Networks) == 0 {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(k.Networks, func(n netip.Prefix) bool { return n.Contains(ip.Unmap()) })
}

// serve makes a handler of a route: who, may they, what; and what is refused,
// as a page.
func (k *console) serve(r Route) problem.HandlerFunc {
	return func(c *gin.Context) error {
		v := &visit{console: k, c: c, route: r, lang: "ja"}
		defer v.recovered()
		defer func() { clear(v.body) }() // a My Number or a password may lie in it
		err := v.admit()
		if err == nil { // no earlier: a body that never comes would hold a place
			defer k.running.Add(-1)
			err = k.enter()
		}
		if err == nil && r.Look {
			err = v.looked("")
		}
		if err == nil {
			err = r.handle(v)
		}
		if err != nil {
			err = v.refuse(err)
		}
		return err
	}
}

// enter counts a request in, and refuses one too many.
func (k *console) enter() error {
	if k.running.Add(1) > int64(k.Running) {
		return errCrowded
	}
	return nil
}

// admit asks, in this order: terminal, origin, session, function, form.
func (v *visit) admit() error {
	var err error
	if v.terminal, err = v.identify(v.c); err != nil {
		return err
	}
	v.town, _ = v.Municipalities.Lookup(v.terminal.Municipality)
	if err := sameOrigin(v.c.Request); err != nil {
		return err
	}
	if v.route.Stage != "" {
		if err := v.enter(); err != nil {
			return err
		}
	}
	if err := v.query(); err != nil {
		return err
	}
	return v.read()
}

// enter asks for the session and its rights, as they are at this moment.
func (v *visit) enter() error {
	cookie, err := v.c.Request.Cookie(cookieName)
	if err != nil {
		return errSession
	}
	token, language, _ := strings.Cut(cookie.Value, ".")
	if !tokenForm.MatchString(token) {
		return errSession
	}
	v.token = token
	v.speak(language) // until the session says it
	s, err := v.Staff.Session(v.ctx(), v.terminal, v.token, v.route.Act)
	if err != nil {
		return storeError(err)
	}
	v.session, v.signedIn = s, true
	v.speak(s.Language)
	switch want := v.route.Stage; {
	case want == staff.StageFull && s.Stage != staff.StageFull, want == staff.StageEnrol && s.Stage != staff.StageEnrol:
		return errSession
	case len(v.route.Allow) > 0 && !slices.ContainsFunc(v.route.Allow, s.Account.Has):
		return errDenied
	}
	v.once = v.route.Once
	return nil
}

// recovered shows a page for what panicked, and lets the engine note where.
func (v *visit) recovered() {
	if p := recover(); p != nil {
		if !v.c.Writer.Written() {
			v.showRefusal(problem.ErrPanic)
		}
		panic(p)
	}
}
