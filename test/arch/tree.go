// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ErrModule is returned for a tree whose go.mod names no module.
var ErrModule = errors.New("arch: go.mod names no module")

// A Tree is a parsed repository.
type Tree struct {
	FS     fs.FS
	Module string // as go.mod names it
	Fset   *token.FileSet
	Files  []*File  // every Go file, sorted by path
	Docs   []string // every *.md file, sorted
}

// A File is one Go file.
type File struct {
	Path string // slash-separated, from the root
	Dir  string // its folder, "." for the root
	Test bool   // ends in _test.go
	Src  []byte
	AST  *ast.File
}

// Load parses every Go file of the main module below fsys. Folders named
// testdata or node_modules, hidden ones, and modules of their own are left
// out.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{FS: fsys, Fset: token.NewFileSet()}
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("arch: read go.mod: %w", err)
	}
	for line := range strings.Lines(string(mod)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "module" {
			t.Module = f[1]
		}
	}
	if t.Module == "" {
		return nil, ErrModule
	}
	if err := fs.WalkDir(fsys, ".", t.visit); err != nil {
		return nil, fmt.Errorf("arch: walk: %w", err)
	}
	return t, nil
}

func (t *Tree) visit(name string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case d.IsDir():
		return t.enter(name)
	case strings.HasSuffix(name, ".md"):
		t.Docs = append(t.Docs, name)
		return nil
	case !strings.HasSuffix(name, ".go"):
		return nil
	}
	src, err := fs.ReadFile(t.FS, name)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(t.Fset, name, src, parser.ParseComments)
	if err != nil {
		return err
	}
	t.Files = append(t.Files, &File{
		Path: name, Dir: path.Dir(name), Test: strings.HasSuffix(name, "_test.go"), Src: src, AST: f,
	})
	return nil
}

func (t *Tree) enter(name string) error {
	base := path.Base(name)
	if base == "testdata" || base == "node_modules" || (len(base) > 1 && base[0] == '.') {
		return fs.SkipDir
	}
	if name == "." {
		return nil
	}
	if _, err := fs.Stat(t.FS, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// packages groups the files that ship, or with tests those that test, by
// folder, and returns the folders in order.
func (t *Tree) packages(tests bool) (map[string][]*File, []string) {
	by := map[string][]*File{}
	for _, f := range t.Files {
		if f.Test == tests {
			by[f.Dir] = append(by[f.Dir], f)
		}
	}
	return by, slices.Sorted(maps.Keys(by))
}

// at says where n stands, as path:line.
func (t *Tree) at(n ast.Node) string {
	p := t.Fset.Position(n.Pos())
	return p.Filename + ":" + strconv.Itoa(p.Line)
}

// imports returns the paths f imports, with the name each has in f.
func (f *File) imports() map[string]string {
	out := map[string]string{}
	for _, spec := range f.AST.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused such a file
		}
		out[p] = path.Base(p)
		if spec.Name != nil {
			out[p] = spec.Name.Name
		}
	}
	return out
}
