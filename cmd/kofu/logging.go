// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"log/slog"
	"slices"
	"strings"
)

// newLog writes JSON lines. Types that hold personal data redact themselves;
// this is the second net, for whoever takes the text out and hands it on
// under a telling name: an attribute called so is dropped, group or not.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if denied(a.Key) {
			return slog.Attr{}
		}
		return a
	}}))
}

// denied goes by the words of a key, so that holder_name, HolderName and
// holder-name are told alike.
func denied(key string) bool {
	words := []string{
		"name", "family", "given", "birth", "birthday", "birthdate", "dob", "sex", "gender", "address", "number", "mynumber",
		"holder", "person", "applicant", "passport", "mrz", "dose", "doses", "lot", "vaccine", "record", "subject", "issuance",
		"card", "files", "signature", "challenge", "pin", "device", "sealed", "token", "jws", "shc", "vdsnc", "pdf", "certificate",
		"secret", "password", "credential", "authorization", "cookie", "ip", "remote", "client", "body", "payload",
	}
	return slices.ContainsFunc(split(key), func(w string) bool { return slices.Contains(words, w) })
}

// split takes a key apart at punctuation and at capitals, in lower case.
func split(key string) []string {
	var b strings.Builder
	lower := false
	for _, r := range key {
		if upper := r >= 'A' && r <= 'Z'; upper && lower {
			b.WriteByte(' ')
		}
		lower = r >= 'a' && r <= 'z'
		b.WriteRune(r)
	}
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return r == ' ' || r == '_' || r == '-' || r == '.' })
}
