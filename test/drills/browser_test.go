// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kofu/api/counter"
)

// ask makes a request at a door, with headers as they are; values without a
// name are dropped.
func (w *world) ask(t testing.TB, replica int, door, method, path, body string, header ...string) *answer {
	t.Helper()
	l := must(w.dial(w.Address(replica, door), w.certificates(door)...))(t)
	defer l.Close()
	a := attempt{method: method, target: path, body: body}
	for i := 0; i+1 < len(header); i += 2 {
		a.set(header[i], header[i+1])
	}
	if err := l.write(a.wire()); err != nil {
		t.Fatal(err)
	}
	return must(l.read(method))(t)
}

// Another page can make a clerk's browser ask for things, with the clerk's
// cookie and the terminal's certificate: nothing of it is done.
func TestOtherPagesCannotActForAClerk(t *testing.T) {
	w := theWorld(t)
	cookie := w.cookie(t)
	host := w.Address(open, "counter")
	base := []string{"Cookie", cookie, "Content-Type", "application/x-www-form-urlencoded", "Host", host}
	own := w.ask(t, open, "counter", http.MethodPost, "/counter/alive", "", append(base, "Sec-Fetch-Site", "same-origin", "Origin", "https://"+host)...)
	if own.Status >= 400 {
		t.Fatalf("the console's own page: %d", own.Status)
	}
	for name, header := range map[string][]string{
		"another site":                         {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"another host of the site":             {"Sec-Fetch-Site", "same-site", "Origin", "https://evil." + host},
		"an old browser":                       {"Origin", "https://evil.example"},
		"an old browser, another port":         {"Origin", "https://localhost:1"},
		"an old browser, without TLS":          {"Origin", "http://evil.example"},
		"a page without an origin":             {"Origin", "null"},
		"a page without an origin, new":        {"Origin", "null", "Sec-Fetch-Site", "cross-site"},
		"nothing said":                         {},
		"typed in":                             {"Sec-Fetch-Site", "none"},
		"a referrer of ours only":              {"Referer", "https://" + host + "/counter/"},
		"a method that another page may claim": {"Sec-Fetch-Site", "cross-site", "X-HTTP-Method-Override", "GET"},
		"an origin like ours":                  {"Origin", "https://" + host + ".evil.example"},
		"an origin with a user":                {"Origin", "https://" + host + "@evil.example"},
		"two sites said":                       {"Sec-Fetch-Site", "cross-site, same-origin"},
		"a host that is not ours":              {"Origin", "https://evil.example", "X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example"},
	} {
		for _, r := range counter.Routes() {
			if r.Method != http.MethodPost || strings.Contains(r.Path, ":") {
				continue
			}
			got := w.ask(t, open, "counter", r.Method, r.Path, "", append(slices.Clone(base), header...)...)
			if got.Status != http.StatusForbidden {
				t.Errorf("%s: %s: %d", name, r.Path, got.Status)
			}
			if err := got.page(r.Method); err != nil {
				t.Errorf("%s: %s: %v", name, r.Path, err)
			}
		}
	}
	if got := w.ask(t, open, "counter", http.MethodGet, "/counter/search", "", "Cookie", cookie, "Host", host); got.Status != http.StatusOK {
		t.Errorf("the clerk's session afterwards: %d", got.Status)
	}
}

// Every page of the console says that it is not to be framed, kept, guessed at
// or read by others; none leads away from it, whatever it is asked.
func TestPagesStayWhereTheyAre(t *testing.T) {
	w := theWorld(t)
	cookie := w.cookie(t)
	for _, r := range counter.Routes() {
		if r.Method != http.MethodGet || strings.Contains(r.Path, ":") {
			continue
		}
		for _, query := range []string{"", "?next=https://evil.example", "?lang=//evil.example", "?notice=https://evil.example", "?back=//evil.example", "?lang=en%0d%0aLocation:%20https://evil.example", "?notice=%3Cscript%3E"} {
			for _, header := range [][]string{nil, {"Host", "evil.example"}, {"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "X-Forwarded-Prefix", "//evil.example"}, {"Host", "evil.example", "Cookie", cookie}, {"Cookie", cookie}} {
				got := w.ask(t, open, "counter", r.Method, r.Path+query, "", header...)
				if err := got.page(r.Method); err != nil {
					t.Errorf("%s%s: %v", r.Path, query, err)
				}
				all := fmt.Sprint(got.Header) + string(got.Body)
				if strings.Contains(all, "evil.example") || strings.Contains(all, "<script>") {
					t.Errorf("%s%s %v: says what it was asked", r.Path, query, header)
				}
			}
		}
	}
	for _, path := range []string{"//evil.example", "//evil.example/counter", "/\\evil.example", "/counter//evil.example/..", "/%2f%2fevil.example", "https://evil.example/counter"} {
		got := w.ask(t, open, "counter", http.MethodGet, path, "", "Host", w.Address(open, "counter"))
		if to := got.Header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/counter") || strings.Contains(to, "evil")) {
			t.Errorf("%s leads to %s", path, to)
		}
	}
	for _, c := range w.setCookies(t) {
		if !strings.HasPrefix(c, "__Host-") || !strings.Contains(c, "Secure") || !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") || strings.Contains(c, "Domain") {
			t.Errorf("a cookie: %s", c)
		}
	}
}

// setCookies are those that a language chosen, and a way out, set.
func (w *world) setCookies(t testing.TB) []string {
	host := w.Address(open, "counter")
	got := w.ask(t, open, "counter", http.MethodPost, "/counter/language", "to=en&back=%2Fcounter%2F", "Host", host, "Origin", "https://"+host, "Sec-Fetch-Site", "same-origin",
		"Cookie", w.cookie(t), "Content-Type", "application/x-www-form-urlencoded")
	if to := got.Header.Get("Location"); got.Status >= 400 || to != "" && !strings.HasPrefix(to, "/counter") {
		t.Errorf("language: %d to %q", got.Status, to)
	}
	away := w.ask(t, open, "counter", http.MethodPost, "/counter/language", "to=en&back=%2F%2Fevil.example", "Host", host, "Origin", "https://"+host, "Sec-Fetch-Site", "same-origin",
		"Cookie", w.cookie(t), "Content-Type", "application/x-www-form-urlencoded")
	if to := away.Header.Get("Location"); strings.Contains(to, "evil") {
		t.Errorf("leads to %s", to)
	}
	list := slices.Concat(got.Header["Set-Cookie"], away.Header["Set-Cookie"])
	if len(list) == 0 {
		t.Error("no cookie was set")
	}
	return list
}

// Other origins may read what is published, and nothing else; nothing that is
// somebody's is kept on the way.
func TestOtherOriginsReadWhatIsPublished(t *testing.T) {
	w := theWorld(t)
	public := []string{"/issuer/.well-known/jwks.json", "/trust/csca.pem", "/trust/bsc.pem", "/trust/bundle.json", "/trust/revoked-uvci.json", "/openapi.yaml"}
	for _, path := range public {
		got := w.ask(t, open, "app", http.MethodGet, path, "", "Origin", "https://evil.example")
		if got.Status != 200 || got.Header.Get("Access-Control-Allow-Origin") != "*" || got.Header.Get("Access-Control-Allow-Credentials") != "" || !strings.HasPrefix(got.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s: %d %v", path, got.Status, got.Header)
		}
	}
	for _, door := range doors() {
		for _, path := range []string{"/app/v1/status", "/app/v1/municipalities", "/app/v1/challenges", "/app/v1/applications", "/app/v1/certificates", "/app/v1/devices", "/kiosk/v1/sessions", "/counter/", "/counter/search", "/nothing", "/metrics", "/readyz", "/debug/pprof/"} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
				got := w.ask(t, open, door, method, path, "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
				for name := range got.Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s: %s %s: %s", door, method, path, name)
					}
				}
				if err := got.common(); err != nil {
					t.Errorf("%s: %s %s: %v", door, method, path, err)
				}
				if got.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %s %s may be kept: %d", door, method, path, got.Status)
				}
				if strings.HasPrefix(path, "/debug") || path == "/metrics" || path == "/readyz" {
					if got.Status < 400 && got.Status != http.StatusSeeOther {
						t.Errorf("%s: %s %s: %d", door, method, path, got.Status)
					}
				}
			}
		}
	}
}

// Where somebody is from is what the connection says, unless a proxy that is
// trusted says otherwise, and then what the last proxy has added.
func TestForwardedHeadersAreNotBelieved(t *testing.T) {
	w := theWorld(t)
	challenge := func(replica int, header ...string) int {
		got := w.ask(t, replica, "app", http.MethodPost, "/app/v1/challenges", "", header...)
		if strings.Contains(fmt.Sprint(got.Header)+string(got.Body), "203.0.113") {
			t.Error("an address came back")
		}
		return got.Status
	}
	for range 2 * few {
		challenge(limited)
	}
	for name, header := range map[string][]string{
		"nothing": nil, "X-Forwarded-For": {"X-Forwarded-For", "203.0.113.1"}, "a list": {"X-Forwarded-For", "203.0.113.2, 198.51.100.1, ::1"}, "X-Real-IP": {"X-Real-IP", "203.0.113.3"},
		"Forwarded": {"Forwarded", "for=203.0.113.4"}, "True-Client-IP": {"True-Client-IP", "203.0.113.5"}, "CF-Connecting-IP": {"CF-Connecting-IP", "203.0.113.6"}, "X-Appengine-Remote-Addr": {"X-Appengine-Remote-Addr", "203.0.113.7"},
	} {
		if status := challenge(limited, header...); status != http.StatusTooManyRequests {
			t.Errorf("no proxy is trusted, and %s gets past the limit: %d", name, status)
		}
	}
	past := 0
	for i := range 3 * few { // somebody behind the proxy makes addresses up before their own
		if challenge(proxied, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d, 192.0.2.77", i)) == http.StatusCreated {
			past++
		}
	}
	if past > few {
		t.Errorf("%d challenges where there are %d", past, few)
	}
	if status := challenge(proxied, "X-Forwarded-For", "198.51.100.200"); status != http.StatusCreated {
		t.Errorf("another network behind the proxy: %d", status)
	}
	if status := challenge(proxied, "X-Real-IP", "198.51.100.201"); status != http.StatusTooManyRequests {
		t.Errorf("a header that the proxy does not write: %d", status)
	}
}
