// SPDX-License-Identifier: Apache-2.0

package phone_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kofu/test/phone"
)

const (
	problem = `{"type":"t","title":"だめ","title_en":"no","status":409,"code":"start_again","next":{"ja":"もう一度","en":"again"},"request_id":"R"}`
	good    = `{"challenge_id":"C","challenge":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","expires_at":"2026-11-23T03:02:00Z"}`
)

// The phone takes nothing that the contract does not have: what it lets pass,
// other phones may not.
//
// Rows: C1
func TestAnswersAreReadStrictly(t *testing.T) {
	for _, tt := range []struct {
		name, media, cache string
		status             int
		body               string
		code               string // of the refusal
		fine               bool
	}{
		{"a challenge", "application/json", "no-store", 201, good, "", true},
		{"kept", "application/json", "max-age=60", 201, good, "", false},
		{"an unknown member", "application/json", "no-store", 201, strings.Replace(good, "{", `{"pin":"1",`, 1), "", false},
		{"a member twice", "application/json", "no-store", 201, strings.Replace(good, "{", `{"challenge_id":"D",`, 1), "", false},
		{"31 bytes", "application/json", "no-store", 201, strings.Replace(good, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", 1), "", false},
		{"another status", "application/json", "no-store", 200, good, "", false},
		{"a problem", "application/problem+json", "no-store", 409, problem, "start_again", false},
		{"a problem without next", "application/problem+json", "no-store", 409, strings.Replace(problem, "もう一度", "", 1), "", false},
		{"a problem of another status", "application/problem+json", "no-store", 422, problem, "", false},
		{"a problem as JSON", "application/json", "no-store", 409, problem, "", false},
		{"a page", "text/html", "no-store", 502, "<p>", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.media)
				w.Header().Set("Cache-Control", tt.cache)
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer s.Close()
			_, err := (&phone.Client{BaseURL: s.URL}).Challenge(t.Context())
			if (err == nil) != tt.fine || phone.CodeOf(err) != tt.code {
				t.Errorf("got %v", err)
			}
			if p, ok := errors.AsType[*phone.Problem](err); ok && p.Status != tt.status {
				t.Errorf("status %d", p.Status)
			}
		})
	}
}

// M is 108 bytes, in the order of the contract.
func TestMessage(t *testing.T) {
	challenge := []byte(strings.Repeat("c", 32))
	m := phone.Message(challenge, []byte("three"), []byte("seven"))
	if len(m) != 108 || string(m[:44]) != "kofu-card-v1"+string(challenge) {
		t.Errorf("%d bytes: %x", len(m), m)
	}
	if other := phone.Message(challenge, []byte("seven"), []byte("three")); string(other[44:76]) != string(m[76:]) || string(other[76:]) != string(m[44:76]) {
		t.Error("digests are not in their places")
	}
}
