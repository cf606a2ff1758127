// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"kofu/cert"
)

// Rows: C3
func TestLogDropsTellingKeys(t *testing.T) {
	var out bytes.Buffer
	log := newLog(&out)
	const canary = "見本　一子"
	for _, key := range []string{"name", "holder_name", "HolderName", "birth-date", "my_number", "myNumber", "passport.number", "dose", "mrz", "PIN", "remote_ip", "sealed"} {
		log.LogAttrs(t.Context(), slog.LevelInfo, "request", slog.String(key, canary), slog.Group("g", slog.String(key, canary)))
		log.With(key, canary).LogAttrs(t.Context(), slog.LevelInfo, "request")
	}
	log.LogAttrs(t.Context(), slog.LevelInfo, "request", slog.Any("x", cert.Private(canary)), slog.Any("y", cert.Holder{Name: canary}))
	if strings.Contains(out.String(), canary) {
		t.Errorf("it is in the log:\n%s", out.String())
	}
}

func TestLogKeepsItsVocabulary(t *testing.T) {
	for _, key := range []string{"time", "level", "msg", "request_id", "channel", "code", "kid", "format", "dur", "route", "status", "version", "config", "cause", "app", "ops", "at"} {
		if denied(key) {
			t.Errorf("%s is dropped", key)
		}
	}
}
