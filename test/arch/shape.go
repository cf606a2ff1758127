// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

const (
	spdx           = "// SPDX-License-Identifier: Apache-2.0\n"
	longestFunc    = 80 // lines
	widestContract = 3  // methods of an interface
)

// checkNames refuses names that say nothing about what is inside.
func checkNames(t *Tree) (bad []string) {
	empty := []string{"util", "utils", "common", "helper", "helpers", "misc", "model", "models", "type", "types", "shared", "base"}
	for _, f := range t.Files {
		file := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.Path), ".go"), "_test")
		for _, name := range []string{path.Base(f.Dir), file, strings.TrimSuffix(f.AST.Name.Name, "_test")} {
			if slices.Contains(empty, name) {
				bad = append(bad, fmt.Sprintf("%s: %q says nothing about what is inside", f.Path, name))
			}
		}
	}
	return slices.Compact(bad)
}

func checkLicence(t *Tree) (bad []string) {
	for _, f := range t.Files {
		if !bytes.HasPrefix(f.Src, []byte(spdx)) {
			bad = append(bad, f.Path+": the first line must be "+strings.TrimSpace(spdx))
		}
	}
	return bad
}

// checkPackageComments wants exactly one comment a package, and counts that
// of a test-only package too.
func checkPackageComments(t *Tree) (bad []string) {
	shipped, dirs := t.packages(false)
	tests, testDirs := t.packages(true)
	for _, dir := range testDirs {
		if shipped[dir] == nil {
			shipped[dir] = tests[dir]
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		n := 0
		for _, f := range shipped[dir] {
			if f.AST.Doc != nil {
				n++
			}
		}
		if n != 1 {
			bad = append(bad, fmt.Sprintf("%s: %d package comments, want one", dir, n))
		}
	}
	return bad
}

func checkFunctionLength(t *Tree) (bad []string) {
	for fn := range t.functions() {
		n := t.Fset.Position(fn.End()).Line - t.Fset.Position(fn.Pos()).Line + 1
		if n > longestFunc {
			bad = append(bad, fmt.Sprintf("%s: %s is %d lines long, %d at most", t.at(fn), fn.Name.Name, n, longestFunc))
		}
	}
	return bad
}

func checkInit(t *Tree) (bad []string) {
	for fn := range t.functions() {
		if fn.Recv == nil && fn.Name.Name == "init" {
			bad = append(bad, t.at(fn)+": init runs before anybody asked; build it where it is used")
		}
	}
	return bad
}

// functions yields every function declared, in tests too.
func (t *Tree) functions() func(yield func(*ast.FuncDecl) bool) {
	return func(yield func(*ast.FuncDecl) bool) {
		for _, f := range t.Files {
			for _, d := range f.AST.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && !yield(fn) {
					return
				}
			}
		}
	}
}

// checkInterfaces counts the methods of each interface; an embedded one of
// the same package counts with its own, any other as one.
func checkInterfaces(t *Tree) (bad []string) {
	for _, tests := range []bool{false, true} {
		by, dirs := t.packages(tests)
		for _, dir := range dirs {
			named := interfaces(by[dir])
			for _, f := range by[dir] {
				ast.Inspect(f.AST, func(n ast.Node) bool {
					if i, ok := n.(*ast.InterfaceType); ok && methods(i, named) > widestContract {
						bad = append(bad, fmt.Sprintf("%s: interface of %d methods, %d at most", t.at(i), methods(i, named), widestContract))
					}
					return true
				})
			}
		}
	}
	return bad
}

// interfaces returns the interfaces that files name.
func interfaces(files []*File) map[string]*ast.InterfaceType {
	named := map[string]*ast.InterfaceType{}
	for _, f := range files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if i, ok := spec.Type.(*ast.InterfaceType); ok {
					named[spec.Name.Name] = i
				}
			}
			return true
		})
	}
	return named
}

func methods(i *ast.InterfaceType, named map[string]*ast.InterfaceType) (n int) {
	for _, m := range i.Methods.List {
		if id, ok := m.Type.(*ast.Ident); ok && named[id.Name] != nil && named[id.Name] != i {
			n += methods(named[id.Name], named)
			continue
		}
		n += max(1, len(m.Names))
	}
	return n
}
