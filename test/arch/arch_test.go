// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"os"
	"strings"
	"testing"
)

// TestRepository holds the repository itself against every rule.
func TestRepository(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Rules() {
		t.Run(strings.ReplaceAll(r.Name, " ", "_"), func(t *testing.T) {
			for _, b := range r.Check(tree) {
				t.Error(b)
			}
		})
	}
}

// TestRequirements lists each requirement row with the tests that answer it,
// and each decoder with its fuzz functions: go test -v ./test/arch -run Requirements.
func TestRequirements(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	tests, _ := RowTests(tree)
	for _, row := range Requirements() {
		t.Logf("%-3s %s", row, strings.Join(tests[row], ", "))
	}
	for _, d := range Decoders(tree) {
		t.Logf("%s.%s: %s", d.Package, d.Func, strings.Join(d.Fuzz, ", "))
	}
	if n := len(Requirements()); n != 53 {
		t.Errorf("%d requirement rows, want the 53 of A1 to F15", n)
	}
}
