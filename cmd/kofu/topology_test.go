// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

// What several replicas must agree on lies outside of each: a server that
// would keep challenges, locks or sessions to itself does not start, nor does
// one in production whose books are in its memory, so that no second one can
// stand beside it and know nothing of the first.
//
// Rows: R1.7
func TestStoresOfOneProcessAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		alone func(s *site)
		want  string
	}{
		"no Redis":             {func(s *site) { s.config["redis"] = map[string]any{} }, "redis.address is missing"},
		"Redis without a name": {func(s *site) { s.config["redis"] = map[string]any{"address": ""} }, "redis.address is missing"},
		"books in memory": {func(s *site) {
			s.config["environment"], s.section("sql")["path"] = "production", ":memory:"
		}, "sql.path must not be :memory: in production"},
	} {
		t.Run(name, func(t *testing.T) {
			s := makeSite(t)
			c.alone(s)
			if err := s.save(); err != nil {
				t.Fatal(err)
			}
			for range 2 { // replicas
				var said output
				code := run(t.Context(), []string{"serve", "-config", s.path()}, strings.NewReader(""), &said, &said)
				if code != 78 || !strings.Contains(said.String(), c.want) || strings.Contains(said.String(), `"serving"`) {
					t.Errorf("ended with %d: %s", code, said.String())
				}
			}
		})
	}
}
