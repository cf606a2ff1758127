// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"go/ast"
	"slices"
)

// checkFileWrites keeps every room on the way of a certificate from making a
// file or starting a program: a person's output is the return value of that
// person's request, and no file name ever finds it (R1.1).
func checkFileWrites(t *Tree) (bad []string) {
	path := []string{"cert", "cert/", "api", "api/", "cardauth", "cardauth/", "vrsclient", "kiosk", "kiosk/"}
	for _, f := range t.Files {
		if f.Test || !matchesAny(path, f.Dir) {
			continue
		}
		imports := f.imports()
		for _, imp := range []string{"os/exec", "io/ioutil", "syscall"} {
			if _, ok := imports[imp]; ok {
				bad = append(bad, fmt.Sprintf("%s: imports %s on the way of a certificate", f.Path, imp))
			}
		}
		name, ok := imports["os"]
		if !ok {
			continue // nobody else hands out files
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && writes(call, name) {
				bad = append(bad, t.at(call)+": makes a file on the way of a certificate (R1.1)")
			}
			return true
		})
	}
	return bad
}

// writes reports whether call, in a file that imports package os as name, may
// make or change a file: the functions of os, and the same as methods of an
// [os.Root].
func writes(call *ast.CallExpr, name string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, _ := sel.X.(*ast.Ident)
	ofOS := pkg != nil && pkg.Name == name
	switch sel.Sel.Name {
	case "WriteFile", "CreateTemp", "MkdirTemp", "MkdirAll":
		return true
	case "Create", "Mkdir", "Rename", "Link", "Symlink", "NewFile", "Truncate":
		return ofOS
	case "OpenFile":
		return !slices.ContainsFunc(call.Args, func(a ast.Expr) bool {
			flag, ok := a.(*ast.SelectorExpr)
			return ok && flag.Sel.Name == "O_RDONLY"
		})
	}
	return false
}
