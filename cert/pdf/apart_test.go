// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"
)

// The reader judges what the writer made: by themselves, its files must be a
// package that lacks nothing.
//
// Rows: R1.4
func TestReaderSharesNoCodeWithWriter(t *testing.T) {
	paths, err := filepath.Glob("read*.go")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if strings.Contains(spec.Path.Value, "gofpdf") {
				t.Errorf("%s imports gofpdf", path)
			}
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: noImports{}, Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) && strings.HasPrefix(e.Msg, "undefined: ") {
			t.Errorf("%s: %s", set.Position(e.Pos), e.Msg)
		}
	}}
	_, _ = conf.Check("pdf", set, files, nil) // imports are missing on purpose
}

// noImports fails every import: only the names of this package matter here.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }
