// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"go/ast"
	"io/fs"
	"regexp"
)

// cited is a test that a document names, in a code span of its own.
var cited = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9_]*)`")

// checkCited holds documents to the tests they name: each must exist.
func checkCited(t *Tree) (bad []string) {
	there := map[string]bool{}
	for _, f := range t.Files {
		if !f.Test {
			continue
		}
		for _, d := range f.AST.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				there[fn.Name.Name] = true
			}
		}
	}
	for _, doc := range t.Docs {
		src, err := fs.ReadFile(t.FS, doc)
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s: %v", doc, err))
			continue
		}
		for n, line := range prose(string(src)) {
			for _, m := range cited.FindAllStringSubmatch(line, -1) {
				if !there[m[1]] {
					bad = append(bad, fmt.Sprintf("%s:%d: there is no test %s", doc, n, m[1]))
				}
			}
		}
	}
	return bad
}
