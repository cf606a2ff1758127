// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kofu/cert"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// alone returns a client whose gateway is f.
func alone(t *testing.T, f roundTrip, edit func(*Config)) *Client {
	t.Helper()
	c := Config{
		BaseURL: "https://gateway.example", TLS: &tls.Config{Certificates: make([]tls.Certificate, 1)},
		Credentials: map[cert.MunicipalityCode]string{"900010": "secret"},
	}
	if edit != nil {
		edit(&c)
	}
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	client.http.Transport = f
	return client
}

func number(t testing.TB) *cert.MyNumber {
	t.Helper()
	n, err := cert.ParseMyNumber([]byte("900000001377"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ask(t testing.TB) cert.Query {
	t.Helper()
	return cert.Query{Municipality: "900010", MyNumber: number(t), Purpose: cert.PurposeCertificate, Issuance: "id"}
}

func status(code int) *http.Response {
	return &http.Response{StatusCode: code, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(""))}
}

func TestAttemptsPauseLongerEachTimeWithinTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		c := alone(t, func(*http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			return status(http.StatusServiceUnavailable), nil
		}, func(c *Config) { c.Attempts = 5 })
		_, err := c.FindForCertificate(t.Context(), ask(t)).Record()
		if Cause(err) != CauseServerError || len(at) != 5 {
			t.Fatalf("%v after %d attempts", err, len(at))
		}
		pause := firstPause
		for i := 1; i < len(at); i++ {
			got := at[i] - at[i-1]
			if got < pause/2-time.Millisecond || got > pause*3/2+time.Millisecond {
				t.Errorf("pause %d is %v, want %v by half more or less", i, got, pause)
			}
			pause = min(maxPause, pause*3/2)
		}
	})
}

func TestDeadlineEndsAttemptsAndPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := alone(t, func(r *http.Request) (*http.Response, error) {
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(2 * time.Second):
				return status(http.StatusBadGateway), nil
			}
		}, func(c *Config) { c.Attempts = 100 })
		start := time.Now()
		_, err := c.FindForCertificate(t.Context(), ask(t)).Record()
		if Cause(err) != CauseTimeout || time.Since(start) != DefaultTimeout {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		_, err = c.FindForCertificate(ctx, ask(t)).Record()
		if Cause(err) != CauseTimeout || time.Since(start) != time.Second {
			t.Errorf("with a shorter deadline: %v after %v", err, time.Since(start))
		}
	})
}

// Rows: A6
func TestEachAttemptHasItsOwnRequestIDAndNonce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := make(map[string]bool)
		c := alone(t, func(r *http.Request) (*http.Response, error) {
			b, _ := io.ReadAll(r.Body)
			_ = r.Body.Close()
			seen[string(b)] = true
			return status(http.StatusBadGateway), nil
		}, nil)
		_, _ = c.FindForCertificate(t.Context(), ask(t)).Record()
		if len(seen) != DefaultAttempts {
			t.Errorf("%d different requests in %d attempts", len(seen), DefaultAttempts)
		}
	})
}

// Rows: E1
func TestNumberIsInTheBodyAloneAndWipedWhenSent(t *testing.T) {
	q := ask(t)
	digits := bytes.Clone(q.MyNumber.Digits())
	var sent *body
	c := alone(t, func(r *http.Request) (*http.Response, error) {
		sent = r.Body.(*body)
		if !bytes.Contains(sent.data, digits) {
			t.Error("the number is not in the body")
		}
		head := new(bytes.Buffer)
		_ = r.Header.Write(head)
		if bytes.Contains(head.Bytes(), digits) || strings.Contains(r.URL.String(), string(digits)) {
			t.Error("the number is in the head of the request")
		}
		whole := sent.data
		t.Cleanup(func() {
			if bytes.ContainsAny(whole, "0123456789") {
				t.Error("the body was not wiped")
			}
		})
		return status(http.StatusBadRequest), nil
	}, nil)
	_, _ = c.FindForCertificate(t.Context(), q).Record()
	if _, err := sent.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
		t.Errorf("reading on: %v", err)
	}
	if !bytes.Equal(q.MyNumber.Digits(), digits) {
		t.Error("the caller's number was wiped: it is the caller's to wipe")
	}
}

func TestObserveIsToldOfEveryCall(t *testing.T) {
	var told []string
	c := alone(t, func(*http.Request) (*http.Response, error) { return status(http.StatusForbidden), nil },
		func(c *Config) {
			c.Observe = func(call, cause string, _ time.Duration) { told = append(told, call+" "+cause) }
		})
	_, _ = c.FindForCertificate(t.Context(), ask(t)).Record()
	_ = c.Void(t.Context(), "900028", "id")
	if got, want := strings.Join(told, ", "), "find unauthorized, void no_credential"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

// A bystander who sees what the gateway is asked, and how often, cannot tell
// the two apart either. The encodings differ by one word alone.
func TestBlockedTakesTheWayOfNone(t *testing.T) {
	var told []string
	for _, x := range []struct {
		outcome string
		want    error
	}{{"none", cert.ErrNoRecord}, {"blocked", cert.ErrBlocked}} {
		asked := 0
		c := alone(t, func(r *http.Request) (*http.Response, error) {
			asked++
			b, _ := io.ReadAll(r.Body)
			res := foundAnswer(t, b, "null")
			text, _ := io.ReadAll(res.Body)
			return answered(strings.Replace(string(text), `"found"`, `"`+x.outcome+`"`, 1)), nil
		}, func(c *Config) {
			c.Observe = func(call, cause string, _ time.Duration) { told = append(told, call+cause) }
		})
		if _, err := c.FindForCertificate(t.Context(), ask(t)).Record(); !errors.Is(err, x.want) || asked != 1 {
			t.Errorf("%s: %v after %d requests", x.outcome, err, asked)
		}
	}
	if len(told) != 2 || told[0] != told[1] {
		t.Errorf("metrics are told %q", told)
	}
}

func TestOnlyTheOneDigestOfTheContentWillDo(t *testing.T) {
	const body = `{"a":1}`
	right := answered(body).Header.Get("Content-Digest")
	other := answered(body + " ").Header.Get("Content-Digest")
	for name, x := range map[string]struct {
		lines []string
		want  bool
	}{
		"right":                  {[]string{right}, true},
		"beside another kind":    {[]string{"sha-512=:AAAA:, " + right}, true},
		"in two lines":           {[]string{"unixsum=:AA==:", right}, true},
		"none":                   {nil, false},
		"empty":                  {[]string{""}, false},
		"of other content":       {[]string{other}, false},
		"twice":                  {[]string{right, right}, false},
		"right and wrong":        {[]string{right + ", " + other}, false},
		"in another alphabet":    {[]string{strings.NewReplacer("+", "-", "/", "_").Replace(right)}, strings.NewReplacer("+", "-", "/", "_").Replace(right) == right},
		"without its padding":    {[]string{strings.Replace(right, "=:", ":", 1)}, false},
		"of another kind alone":  {[]string{"sha-512" + strings.TrimPrefix(right, "sha-256")}, false},
		"of nothing":             {[]string{"sha-256=::"}, false},
		"cut off":                {[]string{right[:20]}, false},
		"something after it":     {[]string{right + "x"}, false},
		"not base64":             {[]string{"sha-256=:****:"}, false},
		"a parameter after it":   {[]string{right + ";a=1"}, false},
		"capitals in its name":   {[]string{strings.ToUpper(right[:7]) + right[7:]}, false},
		"the digest of no bytes": {[]string{answered("").Header.Get("Content-Digest")}, false},
	} {
		if got := intact(http.Header{"Content-Digest": x.lines}, []byte(body)); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
