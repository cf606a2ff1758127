// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"go/ast"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Decoder is an exported function that makes sense of bytes from outside.
type Decoder struct {
	Package, Func string
	At            string   // path:line
	Fuzz          []string // the fuzz functions of its package that reach it
}

// Decoders lists the decoders of the rooms that read what strangers wrote,
// each with the fuzz functions of its package's tests that call it, directly
// or by a function of the tests.
func Decoders(t *Tree) (found []Decoder) {
	shipped, dirs := t.packages(false)
	tests, _ := t.packages(true)
	for _, dir := range dirs {
		if !matchesAny([]string{"cert", "cert/", "cardauth", "cardauth/", "vrsclient"}, dir) {
			continue
		}
		reach := fuzzReach(tests[dir])
		for _, f := range shipped[dir] {
			for _, d := range f.AST.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Recv != nil || !decodes(fn.Name.Name) {
					continue
				}
				dec := Decoder{Package: dir, Func: fn.Name.Name, At: t.at(fn)}
				for fuzz, calls := range reach {
					if calls[fn.Name.Name] {
						dec.Fuzz = append(dec.Fuzz, fuzz)
					}
				}
				found = append(found, dec)
			}
		}
	}
	return found
}

func checkDecoders(t *Tree) (bad []string) {
	for _, d := range Decoders(t) {
		if len(d.Fuzz) == 0 {
			bad = append(bad, fmt.Sprintf("%s: no fuzz function of %s calls %s", d.At, d.Package, d.Func))
		}
	}
	return bad
}

// decodes goes by the name: Parse, Read, Decode, alone or followed by what,
// FromNumeric and Load.
func decodes(name string) bool {
	for _, verb := range []string{"Parse", "Read", "Decode"} {
		if rest, ok := strings.CutPrefix(name, verb); ok {
			r, _ := utf8.DecodeRuneInString(rest)
			return rest == "" || !unicode.IsLower(r)
		}
	}
	return name == "FromNumeric" || name == "Load"
}

// fuzzReach returns, for each fuzz function in files, the names of what it
// calls or hands on, its package's test functions followed.
func fuzzReach(files []*File) map[string]map[string]bool {
	bodies := map[string]*ast.FuncDecl{}
	for _, f := range files {
		for _, d := range f.AST.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Body != nil {
				bodies[fn.Name.Name] = fn
			}
		}
	}
	reach := map[string]map[string]bool{}
	for name, fn := range bodies {
		if isFuzz(fn) {
			reach[name] = map[string]bool{}
			trace(fn, bodies, reach[name])
		}
	}
	return reach
}

func isFuzz(fn *ast.FuncDecl) bool {
	return strings.HasPrefix(fn.Name.Name, "Fuzz") && len(fn.Type.Params.List) == 1
}

func trace(fn *ast.FuncDecl, bodies map[string]*ast.FuncDecl, seen map[string]bool) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || seen[id.Name] {
			return true
		}
		seen[id.Name] = true
		if next := bodies[id.Name]; next != nil {
			trace(next, bodies, seen)
		}
		return true
	})
}
