// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what authenticators use (RFC 6238)
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"

	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/test/vrs"
)

const passphrase = "Tokei-Asagao-27-Marimo"

// clerk sits at a terminal of the office, with a browser.
type clerk struct {
	base, login string
	client      *http.Client
	secret      string // of TOTP
	used        int64  // the last step of it
	inside      bool
}

// errPage is a page other than the one that should have come.
var errPage = errors.New("wrongperson: another page than awaited")

// openOffice registers the terminal, and hires n clerks.
func (r *run) openOffice(ctx context.Context, n int) ([]*clerk, error) {
	s := r.site
	if _, err := s.staff(ctx, "desk", "add", "d-1", "-municipality", siteTown, "-place", "本庁舎1階", "-certificate", s.path("offices", vrs.ClientFile)); err != nil {
		return nil, err
	}
	until := time.Now().AddDate(1, 0, -2).Format(time.DateOnly)
	said, err := s.staff(ctx, "administrator", "add", "-municipality", siteTown, "-login", "yamada", "-name", "山田花子", "-number", "0012", "-until", until, "-terminals", "d-1")
	if err != nil {
		return nil, err
	}
	admin := r.clerk("yamada")
	if err := admin.enrol(ctx, said); err != nil {
		return nil, err
	}
	var all []*clerk
	for i := range n {
		c := r.clerk(fmt.Sprintf("clerk%d", i))
		slip, err := admin.post(ctx, "/counter/accounts/add", "login", c.login, "name", "職員 "+c.login, "staff_number", "n-"+c.login, "valid_until", until,
			"terminal", "d-1", "function", "clerk")
		if err == nil {
			err = c.enrol(ctx, slip)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (r *run) clerk(login string) *clerk {
	jar, _ := cookiejar.New(nil) // never fails
	c := *r.office
	c.Jar = jar
	return &clerk{base: "https://" + r.site.doors["counter"], login: login, client: &c}
}

// send does what a browser would, and follows it to the page it ends at.
func (c *clerk) send(ctx context.Context, method, path string, fields ...string) (page string, err error) {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		req.Header.Set("Origin", c.base)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	page = res.Request.URL.Path + "\n" + string(data)
	if strings.HasPrefix(page, "/counter/sign-in\n") && path != "/counter/sign-in" {
		c.inside = false
	}
	if res.StatusCode != http.StatusOK {
		return page, fmt.Errorf("%w: %s: %d", errPage, path, res.StatusCode)
	}
	return page, nil
}

func (c *clerk) post(ctx context.Context, path string, fields ...string) (string, error) {
	return c.send(ctx, http.MethodPost, path, fields...)
}

var (
	codeForm   = regexp.MustCompile(`[A-Z0-9]{5}(-[A-Z0-9]{5}){3}`)
	secretForm = regexp.MustCompile(`<code class="secret">([A-Z2-7 ]+)</code>`)
)

// hidden is the value of a field that a page carries on; "" for none.
func hidden(page, name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// enrol uses an invitation, and signs in.
func (c *clerk) enrol(ctx context.Context, invitation string) error {
	page, err := c.post(ctx, "/counter/enrol", "login", c.login, "code", codeForm.FindString(invitation), "password", passphrase, "repeat", passphrase, "lang", "en")
	if err != nil {
		return err
	}
	m := secretForm.FindStringSubmatch(page)
	if m == nil {
		return fmt.Errorf("%w: no secret for %s", errPage, c.login)
	}
	c.secret = strings.ReplaceAll(m[1], " ", "")
	if _, err := c.post(ctx, "/counter/second", "code", c.code(ctx)); err != nil {
		return err
	}
	return c.signIn(ctx)
}

func (c *clerk) signIn(ctx context.Context) error {
	if _, err := c.post(ctx, "/counter/sign-in", "login", c.login, "password", passphrase, "member", "", "lang", "en"); err != nil {
		return err
	}
	page, err := c.post(ctx, "/counter/second", "code", c.code(ctx))
	if err == nil && !strings.HasPrefix(page, "/counter/\n") {
		err = fmt.Errorf("%w: %s does not get in", errPage, c.login)
	}
	c.inside = err == nil
	return err
}

// code is one that was not used yet (RFC 6238): the next step's is taken, too,
// and after that it waits.
func (c *clerk) code(ctx context.Context) string {
	step := time.Now().Unix() / 30
	for c.used > step {
		wait(ctx, time.Second)
		if step = time.Now().Unix() / 30; ctx.Err() != nil {
			return ""
		}
	}
	c.used = max(step, c.used+1)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(c.secret, "="))
	if err != nil {
		return ""
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(c.used)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// serve is one person at the counter, and how it ends.
func (r *run) serve(ctx context.Context, a *asking, c *clerk) string {
	var err error
	for i := range r.site.Tries {
		if !c.inside {
			err = c.signIn(ctx)
		}
		if c.inside {
			var code string
			if code, err = r.desk(ctx, a, c); code != "" {
				return code
			}
		}
		if wait(ctx, time.Duration(i+1)*500*time.Millisecond); ctx.Err() != nil {
			break
		}
	}
	r.note(err)
	return "no answer"
}

func (r *run) desk(ctx context.Context, a *asking, c *clerk) (string, error) {
	page, err := c.send(ctx, http.MethodGet, "/counter/search")
	if err != nil {
		return "", err
	}
	a.pause(ctx, 0)
	if page, err = c.post(ctx, "/counter/search", "page", hidden(page, "page"), "ticket", a.Ticket); err != nil {
		return "", err
	}
	if page, err = c.post(ctx, "/counter/person", "person", hidden(page, "person")); err != nil {
		return "", err
	}
	a.pause(ctx, 1)
	mrz, document := "", "drivers_licence"
	if a.kind == cert.Overseas {
		one, two, err := passport.MRZ(a.Passport)
		if err != nil {
			return "no passport", err
		}
		mrz, document = one+"\n"+two, "passport"
	}
	page, err = c.post(ctx, "/counter/preview", "file", hidden(page, "file"), "document", document, "applicant", "self", "purpose", "new", "kind", string(a.kind),
		"reason", "", "mrz", mrz, "others", "", "written", "")
	if err != nil {
		return "", err
	}
	if err := a.page(page); err != nil {
		r.table.mismatch(a, err)
	}
	a.pause(ctx, 2)
	carried := []string{"application", hidden(page, "application"), "statement", hidden(page, "statement")}
	if strings.Contains(page, `name="checked"`) { // something is unusual, and the clerk has looked at it
		carried = append(carried, "checked", "yes")
	}
	if a.leave > 0 {
		short, cancel := context.WithTimeout(ctx, a.leave)
		_, err := c.post(short, "/counter/certificate", carried...)
		cancel()
		if a.leave = 0; err != nil && !a.again {
			return Gone, nil
		}
	}
	if page, err = c.post(ctx, "/counter/certificate", carried...); err != nil {
		return "", err
	}
	a.pause(ctx, 3)
	page, err = c.post(ctx, "/counter/paper", "application", hidden(page, "application"), "statement", hidden(page, "statement"))
	if err != nil {
		return "", err
	}
	_, paper, _ := strings.Cut(page, "\n")
	if !strings.HasPrefix(paper, "%PDF-") {
		return "", errPage
	}
	if _, err := r.sheet(ctx, a, []byte(paper)); err != nil {
		r.table.mismatch(a, err)
	}
	return Issued, nil
}

// page judges the preview that a clerk sees.
func (a *asking) page(page string) error {
	if !strings.Contains(page, html.EscapeString(a.Name)) {
		return errors.New("the page of the counter has another name")
	}
	for _, d := range a.shown() {
		if !strings.Contains(page, d.Lot) {
			return errors.New("the page of the counter has other doses")
		}
	}
	return nil
}
