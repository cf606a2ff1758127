// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/test/terminal"
	"kofu/test/wrongperson"
)

// resealed is a token of the same header under a key of ours, as another Redis
// would have it: nothing that is public tells it from the real one.
func (k token) resealed(t testing.TB, changes members, plain string) string {
	t.Helper()
	k = k.with(changes)
	key, nonce := make([]byte, 32), make([]byte, 12)
	_, _ = rand.Read(key)
	_, _ = rand.Read(nonce)
	gcm := must(cipher.NewGCM(must(aes.NewCipher(key))(t)))(t)
	sealed := gcm.Seal(nil, nonce, []byte(plain), []byte(k.parts[0]))
	n := len(sealed) - 16
	return strings.Join([]string{k.parts[0], "", b64.EncodeToString(nonce), b64.EncodeToString(sealed[:n]), b64.EncodeToString(sealed[n:])}, ".")
}

// spoilt makes of a good sealed token all that only looks like one.
func spoilt(t testing.TB, good string) map[string]string {
	t.Helper()
	k := parse(t, good)
	key := b64.EncodeToString(make([]byte, 40))
	put := func(n int, text string) string {
		parts := slices.Clone(k.parts)
		parts[n] = text
		return strings.Join(parts, ".")
	}
	all := map[string]string{
		"of another Redis":                 k.resealed(t, members{"kid": "AAAAAAAAAAAAAAAAAAAAAAAAAA"}, "{}"),
		"of another Redis, the same kid":   k.resealed(t, nil, "{}"),
		"of the kiosk, by its header":      k.with(members{"kofu-ch": "kiosk"}).String(),
		"of the counter, by its header":    k.with(members{"kofu-ch": "counter"}).String(),
		"a receipt, by its header":         k.with(members{"typ": "kofu-receipt"}).String(),
		"for longer, by its header":        k.with(members{"exp": 4102444800}).String(),
		"ended, by its header":             k.with(members{"exp": 1}).String(),
		"never ending":                     k.with(members{"exp": json.Number("1e300")}).String(),
		"of another device, by its header": k.with(members{"kofu-dev": b64.EncodeToString(make([]byte, 32))}).String(),
		"kid of a challenge":               k.with(members{"kid": "challenge:x"}).String(),
		"kid with a star":                  k.with(members{"kid": "*"}).String(),
		"kid with a line":                  k.with(members{"kid": "a\r\nFLUSHALL"}).String(),
		"kid none":                         k.with(members{"kid": nil}).String(),
		"kid of 10 KB":                     k.with(members{"kid": strings.Repeat("a", 10000)}).String(),
		"alg RSA-OAEP":                     k.with(members{"alg": "RSA-OAEP"}).String(),
		"alg RSA1_5 with a key":            strings.Replace(k.with(members{"alg": "RSA1_5"}).String(), "..", "."+key+".", 1),
		"alg A256KW with a key":            strings.Replace(k.with(members{"alg": "A256KW"}).String(), "..", "."+key+".", 1),
		"alg A256GCMKW":                    k.with(members{"alg": "A256GCMKW", "iv": "AAAAAAAAAAAAAAAA", "tag": "AAAAAAAAAAAAAAAAAAAAAA"}).String(),
		"alg ECDH-ES":                      k.with(members{"alg": "ECDH-ES", "epk": members{"kty": "EC", "crv": "P-256", "x": b64.EncodeToString(make([]byte, 32)), "y": b64.EncodeToString(make([]byte, 32))}}).String(),
		"alg PBES2 with a huge p2c":        k.with(members{"alg": "PBES2-HS512+A256KW", "p2s": "AAAAAAAAAAA", "p2c": 2147483647}).String(),
		"alg none":                         k.with(members{"alg": "none"}).String(),
		"enc A128GCM":                      k.with(members{"enc": "A128GCM"}).String(),
		"enc A256CBC-HS512":                k.with(members{"enc": "A256CBC-HS512"}).String(),
		"zip":                              k.with(members{"zip": "DEF"}).String(),
		"a bomb with zip":                  k.resealed(t, members{"zip": "DEF"}, string(packed(5<<20, deflated))),
		"crit":                             k.with(members{"crit": []string{"exp"}}).String(),
		"a key that is not asked for":      put(1, key),
		"another nonce":                    put(2, b64.EncodeToString(make([]byte, 12))),
		"a nonce of nothing":               put(2, ""),
		"a nonce of 1 byte":                put(2, "AA"),
		"a tag of nothing":                 put(4, ""),
		"half a tag":                       put(4, k.parts[4][:11]),
		"a tag of zeros":                   put(4, b64.EncodeToString(make([]byte, 16))),
		"nothing inside":                   put(3, ""),
		"padding":                          good + "==",
		"a line break":                     good[:20] + "\n" + good[20:],
		"a space before":                   " " + good,
		"four parts":                       good[:strings.LastIndexByte(good, '.')],
		"six parts":                        good + ".AAAA",
		"a JWS":                            k.parts[0] + "." + k.parts[3] + "." + k.parts[4],
		"a dot":                            ".",
		"dots":                             "....",
		"text":                             "x",
		"JSON":                             fmt.Sprintf(`{"protected":%q,"iv":%q,"ciphertext":%q,"tag":%q}`, k.parts[0], k.parts[2], k.parts[3], k.parts[4]),
		"JSON, two recipients":             fmt.Sprintf(`{"protected":%q,"recipients":[{"header":{"alg":"dir"}},{"header":{"alg":"dir"}}],"iv":%q,"ciphertext":%q,"tag":%q}`, k.parts[0], k.parts[2], k.parts[3], k.parts[4]),
	}
	for n, part := range k.parts { // a bit in the first, the middle and the last character of each
		for _, at := range []int{0, len(part) / 2, len(part) - 1} {
			if part == "" {
				continue
			}
			b := []byte(part)
			b[at] = map[bool]byte{true: 'B', false: 'A'}[b[at] == 'A']
			all[fmt.Sprintf("part %d, character %d", n, at)] = put(n, string(b))
		}
	}
	return all
}

// elsewhere are tokens that are good, but where they are of.
type elsewhere struct {
	app, appOther               string // of two phones
	kiosk, certificate, receipt string // of sessions at a kiosk
	counter, statement          string // of a session at the counter
}

func (w *world) elsewhere(t *testing.T) elsewhere {
	t.Helper()
	var e elsewhere
	_, _, one := w.certified(t, open, 150)
	_, _, two := w.certified(t, open, 170)
	e.app, e.appOther = one.Sealed, two.Sealed
	e.kiosk = w.standing(t, "content_check", 180).Answer().Hold.Application
	if h := w.standing(t, "pay", 190).Answer().Hold; h != nil {
		e.certificate, e.receipt = h.Certificate, h.Receipt
	}
	_, e.counter, e.statement = w.previewed(t, 0)
	for what, text := range map[string]string{"app": e.app, "kiosk": e.kiosk, "receipt": e.receipt, "certificate": e.certificate, "counter": e.counter} {
		if strings.Count(text, ".") != 4 {
			t.Fatalf("no token of the %s: %.60q", what, text)
		}
	}
	return e
}

// standing leaves a session on a screen.
func (w *world) standing(t *testing.T, at string, member int) *terminal.Terminal {
	t.Helper()
	var k *terminal.Terminal
	for n := range 20 {
		var hold terminal.Hold
		k, _ = w.kiosk(t, open)
		p := w.visitor(t, member+n)
		p.Each = func(_ context.Context, k *terminal.Terminal) error {
			if h := k.Answer().Hold; h != nil {
				hold.Application = cmp.Or(h.Application, hold.Application)
				hold.Certificate, hold.Receipt = cmp.Or(h.Certificate, hold.Certificate), cmp.Or(h.Receipt, hold.Receipt)
			}
			return nil
		}
		p.Deeds = map[string]terminal.Deed{at: func(context.Context, *terminal.Terminal) error { return errParked }}
		_, err := p.Walk(t.Context(), k)
		if k.Answer() != nil && k.Screen().ID == at {
			k.Answer().Hold = &hold // all that was held
			return k
		}
		if n == 19 {
			t.Fatalf("nobody comes to %s: %v", at, err)
		}
	}
	return k
}

// previewed has a clerk come as far as a preview.
func (w *world) previewed(t *testing.T, from int) (page, application, statement string) {
	t.Helper()
	ctx := t.Context()
	for _, m := range w.members[from:] {
		if m.Municipality != "900010" {
			continue
		}
		search := must(w.clerk.Send(ctx, http.MethodGet, "/counter/search"))(t)
		found, err := w.clerk.Send(ctx, http.MethodPost, "/counter/search", "page", wrongperson.Hidden(search, "page"), "ticket", m.Ticket)
		if err != nil {
			continue
		}
		file, err := w.clerk.Send(ctx, http.MethodPost, "/counter/person", "person", wrongperson.Hidden(found, "person"))
		if err != nil {
			continue
		}
		page, err = w.clerk.Send(ctx, http.MethodPost, "/counter/preview", "file", wrongperson.Hidden(file, "file"), "document", "drivers_licence", "applicant", "self", "purpose", "new", "kind", "domestic",
			"reason", "", "mrz", "", "others", "", "written", "")
		if err == nil && wrongperson.Hidden(page, "application") != "" {
			return page, wrongperson.Hidden(page, "application"), wrongperson.Hidden(page, "statement")
		}
	}
	t.Fatal("no preview at the counter")
	return "", "", ""
}

// What was sealed opens where it was sealed, for whom, once, and nowhere else;
// and whoever tries learns nothing of why not.
func TestSealedDataOpensInItsPlaceOnly(t *testing.T) {
	w := theWorld(t)
	e := w.elsewhere(t)
	t.Run("app", func(t *testing.T) { w.sealedAtTheApp(t, e) })
	t.Run("kiosk", func(t *testing.T) { w.sealedAtTheKiosk(t, e) })
	t.Run("counter", func(t *testing.T) { w.sealedAtTheCounter(t, e) })
}

func (w *world) sealedAtTheApp(t *testing.T, e elsewhere) {
	c, _, reviewed := w.certified(t, open, 200)
	all := spoilt(t, reviewed.Sealed)
	maps.Copy(all, map[string]string{"another phone's": e.app, "a kiosk's": e.kiosk, "a paper": e.certificate, "a receipt": e.receipt, "the counter's": e.counter})
	for _, call := range []string{"/app/v1/certificates", "/app/v1/applications/discard"} {
		refusals := &same{code: "application_invalid"}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if strings.HasSuffix(call, "discard") && strings.HasPrefix(name, "part ") && !strings.HasPrefix(name, "part 0") {
				continue // whose header is the same is the same to a shredder
			}
			body := must(json.Marshal(members{"sealed_application": all[name], "device": c.Device}))(t)
			begun := time.Now()
			got := must(c.Send(t.Context(), http.MethodPost, call, "application/json", body))(t)
			if got.Status == http.StatusNoContent && strings.HasSuffix(call, "discard") {
				continue // likewise, and nothing was read or given
			}
			if name == "a paper" { // which is larger than any application
				if got.Status != http.StatusRequestEntityTooLarge {
					t.Errorf("%s: %d", name, got.Status)
				}
				continue
			}
			if err := refusals.hold(call+": "+name, got); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("%s: took %s", name, took)
			}
		}
	}
	c, _, reviewed = w.certified(t, open, 210)
	refusals := &same{code: "application_invalid"}
	other := *c
	other.Device = "AAAAAAAAAAAAAAAAAAAAAA"
	try := func(name, device string) {
		body := must(json.Marshal(members{"sealed_application": reviewed.Sealed, "device": device}))(t)
		if err := refusals.hold(name, must(c.Send(t.Context(), http.MethodPost, "/app/v1/certificates", "application/json", body))(t)); err != nil {
			t.Error(err)
		}
	}
	try("another device", other.Device)
	if _, err := c.Issue(t.Context(), reviewed.Sealed, false); err != nil {
		t.Errorf("its own: %v", err)
	}
	if err := c.Discard(t.Context(), reviewed.Sealed); err != nil {
		t.Errorf("its own is discarded: %v", err)
	}
	try("after it was shredded", c.Device)
}

// sealedAtTheKiosk: a person is told to start again, and nothing is shown,
// reserved or released.
func (w *world) sealedAtTheKiosk(t *testing.T, e elsewhere) {
	own := w.standing(t, "copies", 220)
	k := parse(t, own.Answer().Hold.Application)
	foreign := map[string]string{"the app's": e.app, "another session's": e.kiosk, "a receipt": e.receipt, "the counter's": e.counter,
		"of another Redis": k.resealed(t, nil, "{}"), "zip": k.resealed(t, members{"zip": "DEF"}, string(packed(5<<20, deflated))), "alg PBES2": k.with(members{"alg": "PBES2-HS512+A256KW", "p2s": "AAAAAAAAAAA", "p2c": 2147483647}).String(), "text": "x"}
	said := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(foreign)) {
		s := w.standing(t, "copies", 230)
		a := w.event(t, s, terminal.Event{Number: s.Answer().Number + 1, Type: "choose", Choice: "1", Application: foreign[name]})
		if a.Screen.ID != "start_again" || a.Release != nil || a.Hold != nil {
			t.Errorf("%s: %s, release %t, hold %t", name, a.Screen.ID, a.Release != nil, a.Hold != nil)
		}
		said[a.Screen.Title+strings.Join(a.Screen.Body, "")] = name
	}
	for name, receipt := range map[string]string{"another session's": e.receipt, "an application": e.kiosk, "its own application": "", "of another Redis": parse(t, e.receipt).resealed(t, nil, "{}")} {
		s := w.standing(t, "pay", 260)
		if name == "its own application" {
			receipt = s.Answer().Hold.Application
		}
		yen := s.Screen().Fee.TotalYen
		a := w.event(t, s, terminal.Event{Number: s.Answer().Number + 1, Type: "coins_in", EscrowYen: &yen, Receipt: receipt})
		if a.Release != nil || a.Screen.ID == "printing" || a.Screen.Fee.ReturnYen != yen {
			t.Errorf("as a receipt, %s: %s, release %t, %d yen back of %d", name, a.Screen.ID, a.Release != nil, a.Screen.Fee.ReturnYen, yen)
		}
	}
	if len(said) != 1 {
		t.Errorf("people are told differently: %v", said)
	}
}

// event sends an event as it is.
func (w *world) event(t *testing.T, k *terminal.Terminal, e terminal.Event) terminal.Answer {
	t.Helper()
	res := must(k.Post(t.Context(), k.Path(), "application/json", must(json.Marshal(e))(t)))(t)
	var a terminal.Answer
	if err := json.Unmarshal(res.Body, &a); err != nil || res.Status != http.StatusOK {
		t.Errorf("%d %.300s %v", res.Status, res.Body, err)
	}
	return a
}

var changing = regexp.MustCompile(`value="[^"]*"|[A-Z2-7]{26}|\d\d:\d\d`)

// sealedAtTheCounter: the same page for all of them.
func (w *world) sealedAtTheCounter(t *testing.T, e elsewhere) {
	_, application, statement := w.previewed(t, 30)
	k := parse(t, application)
	foreign := map[string]string{"the app's": e.app, "a kiosk's": e.kiosk, "a receipt": e.receipt, "of another Redis": k.resealed(t, nil, "{}"), "zip": k.resealed(t, members{"zip": "DEF"}, string(packed(5<<20, deflated))),
		"alg none": k.with(members{"alg": "none"}).String(), "text": "x"}
	pages := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(foreign)) {
		page, err := w.clerk.Send(t.Context(), http.MethodPost, "/counter/certificate", "application", foreign[name], "statement", statement)
		if err == nil {
			t.Errorf("%s: is answered with a page", name)
		}
		page = changing.ReplaceAllString(page, "")
		pages[page] = append(pages[page], name)
	}
	if len(pages) != 1 {
		t.Errorf("clerks are told differently: %v", slices.Collect(maps.Values(pages)))
	}
	if page, err := w.clerk.Send(t.Context(), http.MethodPost, "/counter/certificate", "application", application, "statement", e.statement); err == nil {
		t.Errorf("with the statement of another application: %.300s", page)
	}
	for field, handle := range map[string]string{"person": k.resealed(t, nil, "{}"), "file": e.statement} {
		path := map[string]string{"person": "/counter/person", "file": "/counter/preview"}[field]
		if page, err := w.clerk.Send(t.Context(), http.MethodPost, path, field, handle); err == nil && !strings.HasPrefix(page, "/counter/\n") {
			t.Errorf("%s: %.300s", path, page)
		}
	}
	if _, err := w.clerk.Send(t.Context(), http.MethodPost, "/counter/certificate", "application", application, "statement", statement); err != nil {
		t.Errorf("its own: %v", err)
	}
}
