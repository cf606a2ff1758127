// SPDX-License-Identifier: Apache-2.0

package checkpoint_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kofu/cmd/internal/checkpoint"
)

const origin = "vc.example.jp/log"

// pair makes a signer and who opens what it signed.
func pair(t testing.TB, origin string) (*checkpoint.Signer, *checkpoint.Verifier) {
	t.Helper()
	private, public, err := checkpoint.NewKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := checkpoint.ParseSigner(private + "\n")
	if err != nil {
		t.Fatal(err)
	}
	v, err := checkpoint.ParseVerifier(public + "\r\n")
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func at(minute int) time.Time { return time.Date(2026, 4, 1, 0, minute, 0, 123456000, time.UTC) }

func hash(digit string) string { return strings.Repeat(digit, 64) }

func sign(t testing.TB, s *checkpoint.Signer, c checkpoint.Checkpoint) checkpoint.Signed {
	t.Helper()
	signed, err := s.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestSignedIsOpened(t *testing.T) {
	s, v := pair(t, origin)
	if s.Origin() != origin {
		t.Errorf("origin %q", s.Origin())
	}
	c := checkpoint.Checkpoint{Seq: 4711, Hash: hash("a"), At: at(1), Instance: "kofu-1"}
	signed := sign(t, s, c)
	if got, err := v.Open(signed.Note); err != nil || got != c {
		t.Errorf("%+v %v from\n%s", got, err, signed.Note)
	}
	for name, line := range map[string]string{
		"line":        signed.Line(),
		"with return": signed.Line() + "\r",
		"from syslog": "Apr  1 00:01:00 kofu-1 kofu[-]: " + signed.Line(),
	} {
		if got, err := v.OpenLine(line); err != nil || got != c {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	want := origin + "\n4711\n" + hash("a") + "\n2026-04-01T00:01:00.123456Z\nkofu-1\n\n— " + origin + " "
	if !strings.HasPrefix(string(signed.Note), want) {
		t.Errorf("the note is\n%s", signed.Note)
	}
}

// TestOpenRefuses alters a checkpoint in each of its parts.
//
// Rows: R3.2
func TestOpenRefuses(t *testing.T) {
	s, v := pair(t, origin)
	note := string(sign(t, s, checkpoint.Checkpoint{Seq: 4711, Hash: hash("a"), At: at(1), Instance: "kofu-1"}).Note)
	replaced := func(old, now string) string { return strings.Replace(note, old, now, 1) }
	other, _ := pair(t, origin)
	elsewhere, _ := pair(t, "other.example.jp/log")
	for name, c := range map[string]struct {
		note string
		want error
	}{
		"number":           {replaced("4711", "4710"), checkpoint.ErrSignature},
		"hash":             {replaced("aaaa", "aaab"), checkpoint.ErrSignature},
		"time":             {replaced("00:01:00", "00:02:00"), checkpoint.ErrSignature},
		"instance":         {replaced("kofu-1", "kofu-2"), checkpoint.ErrSignature},
		"origin":           {replaced(origin, "vc.example.jp/lag"), checkpoint.ErrSignature},
		"no signature":     {note[:strings.Index(note, "— ")], checkpoint.ErrSignature},
		"another key":      {string(sign(t, other, checkpoint.Checkpoint{Hash: hash("0"), At: at(1), Instance: "a"}).Note), checkpoint.ErrSignature},
		"another origin":   {string(sign(t, elsewhere, checkpoint.Checkpoint{Hash: hash("0"), At: at(1), Instance: "a"}).Note), checkpoint.ErrSignature},
		"number of zeros":  {replaced("4711", "04711"), checkpoint.ErrCheckpoint},
		"below zero":       {replaced("4711", "-4711"), checkpoint.ErrCheckpoint},
		"too large":        {replaced("4711", "9999999999999999"), checkpoint.ErrCheckpoint},
		"short hash":       {replaced("aaaa", "aaa"), checkpoint.ErrCheckpoint},
		"time of a zone":   {replaced("123456Z", "123456+09:00"), checkpoint.ErrCheckpoint},
		"one line more":    {replaced("kofu-1\n", "kofu-1\nmore\n"), checkpoint.ErrCheckpoint},
		"one line less":    {replaced("kofu-1\n", ""), checkpoint.ErrCheckpoint},
		"space for a name": {replaced("kofu-1", " "), checkpoint.ErrCheckpoint},
		"nothing":          {"", checkpoint.ErrCheckpoint},
		"very long":        {note + strings.Repeat("x", 2000), checkpoint.ErrCheckpoint},
		"something behind": {note + "more\n", checkpoint.ErrSignature},
	} {
		if got, err := v.Open([]byte(c.note)); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	for _, line := range []string{"", "kofu-checkpoint", "kofu-checkpoint a b", "Apr 1 kofu started", "kofu-checkpoint 1 2 3 4 5 6"} {
		if _, err := v.OpenLine(line); !errors.Is(err, checkpoint.ErrCheckpoint) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestSignRefusesWhatCannotBeRead(t *testing.T) {
	s, _ := pair(t, origin)
	for name, spoil := range map[string]func(*checkpoint.Checkpoint){
		"number":   func(c *checkpoint.Checkpoint) { c.Seq = -1 },
		"hash":     func(c *checkpoint.Checkpoint) { c.Hash = "A" },
		"instance": func(c *checkpoint.Checkpoint) { c.Instance = "two words" },
		"time":     func(c *checkpoint.Checkpoint) { c.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		c := checkpoint.Checkpoint{Hash: hash("0"), At: at(0), Instance: "a"}
		spoil(&c)
		if _, err := s.Sign(c); !errors.Is(err, checkpoint.ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeysOfAnotherFormAreRefused(t *testing.T) {
	private, public, err := checkpoint.NewKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "x", public, private + "x", strings.Replace(private, "log", "lag", 1)} {
		if _, err := checkpoint.ParseSigner(text); !errors.Is(err, checkpoint.ErrKey) {
			t.Errorf("a signer of %.20q: %v", text, err)
		}
	}
	for _, text := range []string{"", "x", private, strings.Replace(public, "log", "lag", 1)} {
		if _, err := checkpoint.ParseVerifier(text); !errors.Is(err, checkpoint.ErrKey) {
			t.Errorf("a verifier of %.20q: %v", text, err)
		}
	}
	for _, name := range []string{"", "two words", "a+b", strings.Repeat("a", 65), "/log"} {
		if _, _, err := checkpoint.NewKey(name); !errors.Is(err, checkpoint.ErrKey) {
			t.Errorf("a key called %q: %v", name, err)
		}
	}
}

func TestInstanceNameIsOne(t *testing.T) {
	s, _ := pair(t, origin)
	for host, want := range map[string]string{"kofu-1.example.jp": "kofu-1.example.jp", "": "kofu", "庁": "-", "..": "kofu", "a b_c": "a-b_c", "-x": "x"} {
		got := checkpoint.InstanceName(host)
		if want == "-" {
			want = "kofu"
		}
		if got != want {
			t.Errorf("%q is called %q", host, got)
		}
		sign(t, s, checkpoint.Checkpoint{Hash: hash("0"), At: at(0), Instance: got})
	}
	sign(t, s, checkpoint.Checkpoint{Hash: hash("0"), At: at(0), Instance: checkpoint.InstanceName(strings.Repeat("x", 300))})
}
