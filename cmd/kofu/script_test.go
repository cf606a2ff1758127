// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kofu/cert"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kofu": main})
}

// TestCommands runs the program as its users do; testdata/script has the
// stories. Each starts in a folder where kofu.json is without a fault, and so
// is counter.json, which has a counter besides. NEXTYEAR is a day.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			s, err := newSite(e.WorkDir)
			if err != nil {
				return err
			}
			e.Defer(s.close)
			e.Setenv("NEXTYEAR", time.Now().In(cert.JST()).AddDate(1, 0, -1).Format(time.DateOnly))
			if _, err := s.openCounter(); err != nil {
				return err
			}
			if err := os.Rename(s.path(), filepath.Join(s.dir, "counter.json")); err != nil {
				return err
			}
			delete(s.section("listen"), "counter")
			delete(s.section("secrets"), "staff")
			delete(s.config, "counter")
			return s.save()
		},
	})
}
