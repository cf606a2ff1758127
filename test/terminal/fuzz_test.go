// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/test/terminal"
)

// Whatever a terminal sends, the watcher judges it and hands it on as it is.
func FuzzWatcher(f *testing.F) {
	f.Add([]byte(`{"protocol":["1.0"],"software":{"name":"a","version":"1","config":"00112233"},"hardware":{"reader":"ok","printer":"ok","coins":"ok","speaker":"ok"}}`),
		[]byte(`{"number":1,"type":"choose","choice":"ja"}`))
	f.Add([]byte(`{}`), []byte(`{"number":1,"type":"fee_settled","captured_yen":1,"returned_yen":null,"printed":[[["1234"]]]}`))
	f.Add([]byte(`null`), []byte(`{"number":1,"type":"card_read","card":{"pin":"1"}}`))
	f.Fuzz(func(t *testing.T, opening, event []byte) {
		inner := &fake{}
		w := terminal.Watch(inner)
		for path, body := range map[string][]byte{"": opening, "/" + fakeSession + "/events": event} {
			r := httptest.NewRequest(http.MethodPost, "/kiosk/v1/sessions"+path, bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w.ServeHTTP(httptest.NewRecorder(), r)
		}
		if len(inner.bodies) != 1 || !bytes.Equal(inner.bodies[0], event) {
			t.Error("the event was changed on its way")
		}
		_ = w.Report().String()
	})
}

// direct is a line without a network, leap a clock on which nobody waits.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

type leap struct{ now time.Duration }

func (l *leap) Now() time.Time { return time.Unix(1_700_000_000, 0).Add(l.now) }
func (l *leap) Sleep(ctx context.Context, d time.Duration) error {
	l.now += d
	return ctx.Err()
}

// Whatever a service answers, a terminal refuses it or obeys it, and goes on.
func FuzzAnswers(f *testing.F) {
	for n := range len(way()) {
		b, err := json.Marshal(fakeAnswer(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, n)
	}
	f.Fuzz(func(t *testing.T, answer []byte, at int) {
		centre := &fake{raw: func(b []byte, n int) []byte {
			if n == at {
				return answer
			}
			return b
		}}
		c := terminal.Config{URLs: []string{"http://centre"}, HTTP: &http.Client{Transport: direct{centre}}, Clock: &leap{}}
		tr := must(terminal.New(c))(t)
		if _, err := somebody().Walk(t.Context(), tr); err == nil && tr.Holds() {
			t.Error("something is held after the end")
		}
	})
}
