// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// mayVary returns the package variables that hold state, each with the reason
// why it is let through.
func mayVary() map[string]string {
	return map[string]string{
		"cert/shc.writers": "deflate writers, cleared of what they wrote before the next card; a new one for each costs eight times the work",
	}
}

// checkVariables lets a package variable stand only where it is set once, at
// its declaration, and never written to again: sentinels, compiled patterns,
// embedded files, tables. Anything that holds state, or is left to be filled
// in later, belongs in a struct somebody passes on.
func checkVariables(t *Tree) (bad []string) {
	by, dirs := t.packages(false)
	for _, dir := range dirs {
		written := writtenTo(by[dir])
		for _, f := range by[dir] {
			for _, d := range f.AST.Decls {
				gen, ok := d.(*ast.GenDecl)
				if !ok || gen.Tok != token.VAR {
					continue
				}
				for _, s := range gen.Specs {
					bad = append(bad, t.checkVariable(dir, gen, s.(*ast.ValueSpec), written)...)
				}
			}
		}
	}
	return bad
}

func (t *Tree) checkVariable(dir string, gen *ast.GenDecl, spec *ast.ValueSpec, written map[string]bool) (bad []string) {
	if embeds(gen.Doc) || embeds(spec.Doc) {
		return nil
	}
	for i, name := range spec.Names {
		say := func(why string) {
			bad = append(bad, fmt.Sprintf("%s: package variable %s %s", t.at(name), name.Name, why))
		}
		_, let := mayVary()[dir+"."+name.Name]
		switch {
		case name.Name == "_", let:
		case i >= len(spec.Values):
			say("has no value at its declaration")
		case written[name.Name]:
			say("is written to")
		case holdsState(spec.Values[i]):
			say("holds state")
		case name.IsExported() && !isSentinel(name.Name, spec.Values[i]):
			say("is exported: any package could set it")
		}
	}
	return bad
}

func embeds(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

// isSentinel reports whether an exported variable is an error to compare with.
func isSentinel(name string, value ast.Expr) bool {
	if !strings.HasPrefix(name, "Err") {
		return false
	}
	_, call := value.(*ast.CallExpr)
	return call
}

// holdsState reports whether v is something made to be changed: what make and
// new return, an empty map, or a thing of sync other than a value computed
// once. What a function literal does when it is called is its own affair.
func holdsState(v ast.Expr) (found bool) {
	ast.Inspect(v, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "make" || id.Name == "new") {
				found = true
			}
		case *ast.CompositeLit:
			if _, ok := n.Type.(*ast.MapType); ok && len(n.Elts) == 0 {
				found = true
			}
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if ok && (pkg.Name == "atomic" || pkg.Name == "sync" && !strings.HasPrefix(n.Sel.Name, "OnceValue")) {
				found = true
			}
		}
		return !found
	})
	return found
}

// writtenTo names the package variables that some function of the package
// assigns to, wholly or in part. A name that the function declares itself is
// taken for the function's own.
func writtenTo(files []*File) map[string]bool {
	names := map[string]bool{}
	for _, f := range files {
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			own := declares(fn)
			for _, e := range assignedIn(fn) {
				if id := root(e); id != nil && !own[id.Name] {
					names[id.Name] = true
				}
			}
		}
	}
	return names
}

// assignedIn returns what the statements of fn assign to.
func assignedIn(fn *ast.FuncDecl) (to []ast.Expr) {
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				to = append(to, n.Lhs...)
			}
		case *ast.IncDecStmt:
			to = append(to, n.X)
		case *ast.CallExpr:
			id, ok := n.Fun.(*ast.Ident)
			if ok && len(n.Args) > 0 && (id.Name == "delete" || id.Name == "clear" || id.Name == "copy") {
				to = append(to, n.Args[0])
			}
		}
		return true
	})
	return to
}

// declares returns the names that fn declares: receiver, parameters, results
// and variables, those of function literals in it included.
func declares(fn *ast.FuncDecl) map[string]bool {
	own := map[string]bool{}
	ast.Inspect(fn, func(n ast.Node) bool {
		var ids []*ast.Ident
		var exprs []ast.Expr
		switch n := n.(type) {
		case *ast.Field:
			ids = n.Names
		case *ast.ValueSpec:
			ids = n.Names
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				exprs = n.Lhs
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				exprs = []ast.Expr{n.Key, n.Value}
			}
		}
		for _, e := range exprs {
			if id, ok := e.(*ast.Ident); ok {
				ids = append(ids, id)
			}
		}
		for _, id := range ids {
			own[id.Name] = true
		}
		return true
	})
	return own
}

// root returns the variable that e is a part of.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
