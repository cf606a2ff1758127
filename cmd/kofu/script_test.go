// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kofu": main})
}

// TestCommands runs the program as its users do; testdata/script has the
// stories. Each starts in a folder where kofu.json is without a fault.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			s, err := newSite(e.WorkDir)
			if err != nil {
				return err
			}
			e.Defer(s.close)
			return nil
		},
	})
}
