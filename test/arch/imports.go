// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"slices"
	"strings"
)

// A room says what the packages that match it may import. A pattern that ends
// in a slash stands for everything below it, any other for one package.
type room struct {
	is string
	to []string
}

// rooms returns the import table. The first row that matches a package
// decides, so exceptions stand above the rule they except from.
func rooms() []room {
	all := []string{"api", "api/", "cert", "cert/", "cardauth", "cardauth/", "vrsclient", "kiosk", "cmd/internal/", "test/"}
	shipped := all[:len(all)-1]
	return []room{
		{"cert", nil},
		{"cert/shc", []string{"cert", "cert/vaccine"}},
		{"cert/vdsnc", []string{"cert", "cert/vaccine"}},
		{"cert/lint", []string{"cert", "cert/vaccine"}},
		{"cert/pdf", []string{"cert", "cert/qr"}},
		{"cert/keys/", []string{"cert", "cert/keys"}},
		{"cert/verify", []string{"cert", "cert/vaccine", "cert/shc", "cert/vdsnc", "cert/qr", "cert/pdf", "cert/keys"}},
		{"cert/issuance", []string{"cert", "cert/"}},
		{"cert/", []string{"cert"}},
		{"cardauth", []string{"cardauth/", "cert"}},
		{"cardauth/", []string{"cardauth", "cardauth/", "cert"}},
		{"vrsclient", []string{"cert"}},
		{"api/problem", nil},
		{"api/admission", []string{"cert"}},
		{"api/counter/staff", []string{"cert"}},
		{"api/counter/passkey", []string{"cert", "api/counter/staff"}},
		{"api", []string{"api/", "cert", "cert/", "cardauth", "cardauth/"}},
		{"api/", []string{"api", "api/", "cert", "cert/", "cardauth", "cardauth/"}},
		{"kiosk", []string{"api/problem", "cert", "cert/", "cardauth", "cardauth/"}},
		{"cmd/kofu", shipped},
		{"cmd/internal/", []string{"cert", "cert/", "cardauth", "cardauth/", "kiosk", "api/counter/staff"}},
		{"cmd/", all},
		{"test/", []string{"api", "api/", "cert", "cert/", "cardauth", "cardauth/", "vrsclient", "kiosk", "test/"}},
	}
}

// longestChain is how many imports of ours may follow one on another.
const longestChain = 6

func matches(pattern, pkg string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/"); ok {
		return strings.HasPrefix(pkg, dir+"/")
	}
	return pattern == pkg
}

func matchesAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}

// checkImports holds every file that ships against the table. Tests may look
// further (at simulators, at a reader of what they wrote); the compiler still
// keeps them from cycles.
func checkImports(t *Tree) (bad []string) {
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		i := slices.IndexFunc(rooms(), func(r room) bool { return matches(r.is, f.Dir) })
		if i < 0 {
			bad = append(bad, fmt.Sprintf("%s: no room of the import table is called %q", f.Path, f.Dir))
			continue
		}
		for imp := range f.imports() {
			to, ours := strings.CutPrefix(imp, t.Module+"/")
			if ours && !matchesAny(rooms()[i].to, to) {
				bad = append(bad, fmt.Sprintf("%s: %s may not import %s", f.Path, f.Dir, to))
			}
		}
	}
	return bad
}

// checkChain refuses more than longestChain imports in a row.
func checkChain(t *Tree) []string {
	by, dirs := t.packages(false)
	next := map[string][]string{}
	for dir, files := range by {
		for _, f := range files {
			for imp := range f.imports() {
				if to, ours := strings.CutPrefix(imp, t.Module+"/"); ours {
					next[dir] = append(next[dir], to)
				}
			}
		}
		slices.Sort(next[dir])
	}
	seen := map[string][]string{}
	var chain func(dir string) []string
	chain = func(dir string) []string {
		if c, ok := seen[dir]; ok {
			return c
		}
		seen[dir] = []string{dir} // a cycle, which the compiler refuses, ends here
		longest := []string{}
		for _, to := range next[dir] {
			if c := chain(to); len(c) > len(longest) {
				longest = c
			}
		}
		seen[dir] = append([]string{dir}, longest...)
		return seen[dir]
	}
	var bad []string
	for _, dir := range dirs {
		if c := chain(dir); len(c)-1 > longestChain {
			bad = append(bad, fmt.Sprintf("%d imports in a row, %d at most: %s", len(c)-1, longestChain, strings.Join(c, " → ")))
		}
	}
	return bad
}
