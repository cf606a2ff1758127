// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const head = spdx + "\n"

// soundTree is a small repository that keeps every rule.
func soundTree() map[string]string {
	var rows strings.Builder
	for _, r := range Requirements() {
		switch r {
		case "A6":
			rows.WriteString("A6 tests\n")
		case "F2":
			rows.WriteString("F2 doc GUIDE.md#the-end\n")
		default:
			fmt.Fprintf(&rows, "%s open not built yet\n", r)
		}
	}
	files := map[string]string{
		"go.mod":   "module example.test/m\n\ngo 1.26\n",
		RowsFile:   rows.String(),
		"GUIDE.md": "# Guide\n\nSee [the end](#the-end), [code](cert/cert.go), [elsewhere](https://example.test/).\n\n## The end\n",
		"cert/cert.go": head + `// Package cert is one.
package cert

import (
	"errors"
	"regexp"
)

// ErrNone is one.
var ErrNone = errors.New("none")

var (
	form  = regexp.MustCompile("x")
	table = map[string]int{"a": 1}
)

var _ Store = nil

// Store is one.
type Store interface {
	A()
	B()
	C()
}

// ParseDate parses.
func ParseDate(s string) int {
	table := table
	table = nil
	return len(form.FindString(s)) + table[s]
}
`,
		"cert/cert_test.go": head + `package cert

import "testing"

// Rows: A6, R1.4
func TestOne(t *testing.T) {}

func FuzzParseDate(f *testing.F) { f.Fuzz(func(t *testing.T, s string) { try(s) }) }

func try(s string) { ParseDate(s) }
`,
		"cert/shc/shc.go": head + "// Package shc is one.\npackage shc\n\nimport (\n\t_ \"example.test/m/cert\"\n\t_ \"github.com/go-jose/go-jose/v4/json\"\n)\n",
		"test/p0/p.go":    pkg("p0"),
	}
	for n := 1; n <= longestChain; n++ {
		files[fmt.Sprintf("test/p%d/p.go", n)] = pkg(fmt.Sprintf("p%d", n), fmt.Sprintf("example.test/m/test/p%d", n-1))
	}
	return files
}

func tree(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tr, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestSoundTreePasses(t *testing.T) {
	tr := tree(t, soundTree())
	for _, r := range Rules() {
		if bad := r.Check(tr); len(bad) > 0 {
			t.Errorf("%s: %q", r.Name, bad)
		}
	}
}

// breakage is one way to break one rule.
type breakage struct {
	name string
	rule string
	file string
	old  string // replaced in the file; "" sets the whole file
	new  string
	want string // part of what the rule must say
}

func TestEachRuleBites(t *testing.T) {
	broken := slices.Concat(brokenImports(), brokenShape(), brokenState(), brokenPapers())
	bitten := map[string]bool{}
	for _, b := range broken {
		bitten[b.rule] = true
		t.Run(b.name, func(t *testing.T) {
			files := soundTree()
			if b.old == "" {
				files[b.file] = b.new
			} else {
				if !strings.Contains(files[b.file], b.old) {
					t.Fatalf("%s has no %q to replace", b.file, b.old)
				}
				files[b.file] = strings.Replace(files[b.file], b.old, b.new, 1)
			}
			tr := tree(t, files)
			i := slices.IndexFunc(Rules(), func(r Rule) bool { return r.Name == b.rule })
			bad := Rules()[i].Check(tr)
			if len(bad) == 0 {
				t.Fatal("the rule let it pass")
			}
			if !strings.Contains(strings.Join(bad, "\n"), b.want) {
				t.Errorf("the rule says %q, want %q", bad, b.want)
			}
		})
	}
	for _, r := range Rules() {
		if !bitten[r.Name] {
			t.Errorf("rule %q is not shown to bite", r.Name)
		}
	}
}

func pkg(name string, imports ...string) string {
	s := head + "// Package " + name + " is one.\npackage " + name + "\n"
	for _, i := range imports {
		s += "import _ \"" + i + "\"\n"
	}
	return s
}

func brokenImports() []breakage {
	const m = "example.test/m/"
	return []breakage{
		{"encoder imports encoder", "imports", "cert/shc/more.go", "", pkg("shc", m+"cert/vdsnc"), "cert/shc may not import cert/vdsnc"},
		{"domain imports anything", "imports", "cert/more.go", "", pkg("cert", m+"cert/shc"), "cert may not import"},
		{"problem imports anything", "imports", "api/problem/p.go", "", pkg("problem", m+"cert"), "api/problem may not"},
		{"door imports the client", "imports", "api/app/p.go", "", pkg("app", m+"vrsclient"), "api/app may not"},
		{"shipped program imports a simulator", "imports", "cmd/kofu/p.go", "", pkg("main", m+"test/card"), "cmd/kofu may not"},
		{"simulator imports the program's", "imports", "test/card/p.go", "", pkg("card", m+"cmd/internal/redisstore"), "test/card may not"},
		{"unknown room", "imports", "tools/p.go", "", pkg("tools"), "no room"},
		{"library outside its room", "third parties", "cert/pdf/p.go", "", pkg("pdf", "github.com/go-jose/go-jose/v4"), "wrapped by"},
		{"unlisted library", "third parties", "cert/shc/p.go", "", pkg("shc", "example.test/other"), "tests only"},
		{"library in the domain", "third parties", "cert/p.go", "", pkg("cert", "golang.org/x/text/width"), "wrapped by"},
		{"a chain of seven", "import chain", "test/p7/p.go", "", pkg("p7", m+"test/p6"), "7 imports in a row"},
	}
}

func brokenShape() []breakage {
	long := head + "package cert\n\nfunc long() {\n" + strings.Repeat("\t_ = 0\n", 79) + "}\n"
	return []breakage{
		{"package says nothing", "names", "cert/util/x.go", "", pkg("util"), `"util" says nothing`},
		{"file says nothing", "names", "cert/helpers.go", "", head + "package cert\n", `"helpers" says nothing`},
		{"test file says nothing", "names", "cert/common_test.go", "", head + "package cert\n", `"common" says nothing`},
		{"no licence", "licence line", "cert/cert.go", spdx, "", "cert/cert.go"},
		{"two package comments", "package comments", "cert/more.go", "", pkg("cert"), "cert: 2 package comments"},
		{"no package comment", "package comments", "cert/qr/qr.go", "", head + "package qr\n", "cert/qr: 0"},
		{"no comment on tests alone", "package comments", "test/e2e/e_test.go", "", head + "package e2e\n", "test/e2e: 0"},
		{"81 lines", "function length", "cert/long.go", "", long, "81 lines"},
		{"init", "no init", "cert/more.go", "", head + "package cert\n\nfunc init() {}\n", "cert/more.go:5"},
		{"four methods", "interface size", "cert/cert.go", "\tC()\n", "\tC()\n\tD()\n", "4 methods"},
		{"embedded methods", "interface size", "cert/more.go", "", head + "package cert\n\ntype wide interface {\n\tStore\n\tD()\n}\n\ntype alone interface{ A() }\n", "4 methods"},
	}
}

func brokenState() []breakage {
	v := func(s string) string { return head + "package cert\n\n" + s + "\n" }
	w := func(s string) string {
		return pkg("shc") + "import \"os\"\n\nfunc f(r *os.Root) {\n\t" + s + "\n}\n"
	}
	return []breakage{
		{"mutex", "package variables", "cert/v.go", "", v(`var mu sync.Mutex`), "no value"},
		{"cache", "package variables", "cert/v.go", "", v(`var cache = map[string]int{}`), "holds state"},
		{"made", "package variables", "cert/v.go", "", v(`var cache = make(chan int)`), "holds state"},
		{"pool", "package variables", "cert/v.go", "", v(`var pool = sync.Pool{New: nil}`), "holds state"},
		{"counter", "package variables", "cert/v.go", "", v("var n = 0\n\nfunc count() { n++ }"), "is written to"},
		{"table changed", "package variables", "cert/v.go", "", v("func spoil() { table[\"b\"] = 2 }"), "is written to"},
		{"exported", "package variables", "cert/v.go", "", v(`var Default = 3`), "is exported"},
		{"writes a file", "no files written", "cert/shc/w.go", "", w(`os.WriteFile("a", nil, 0)`), "w.go:8"},
		{"temporary file", "no files written", "api/w.go", "", w(`os.CreateTemp("", "a")`), "makes a file"},
		{"creates by root", "no files written", "cert/shc/w.go", "", w(`r.WriteFile("a", nil, 0)`), "makes a file"},
		{"opens for writing", "no files written", "cert/shc/w.go", "", w(`os.OpenFile("a", os.O_RDWR, 0)`), "makes a file"},
		{"runs a program", "no files written", "vrsclient/w.go", "", pkg("vrsclient", "os/exec"), "os/exec"},
	}
}

func brokenPapers() []breakage {
	return []breakage{
		{"decoder not fuzzed", "decoders fuzzed", "cert/more.go", "", head + "package cert\n\nfunc ReadThing() {}\n", "calls ReadThing"},
		{"fuzz calls another", "decoders fuzzed", "cert/cert_test.go", "{ ParseDate(s) }", "{}", "calls ParseDate"},
		{"link to no file", "document links", "GUIDE.md", "cert/cert.go", "cert/gone.go", "no cert/gone.go"},
		{"link to no heading", "document links", "GUIDE.md", "#the-end", "#end", "no heading #end"},
		{"test that is not there", "cited tests", "GUIDE.md", "## The end\n", "## The end\n\n`TestGone` shows it.\n", "no test TestGone"},
		{"row without its test", "requirement rows", "cert/cert_test.go", "// Rows: A6, R1.4", "// Rows: R1.4", "A6 is said to have tests"},
		{"open row with a test", "requirement rows", "cert/cert_test.go", "A6,", "A6, B1,", "B1 is said to be open"},
		{"row in a name", "requirement rows", "cert/cert_test.go", "TestOne", "TestOne_B1", "B1 is said to be open"},
		{"no such row", "requirement rows", "cert/cert_test.go", "A6,", "A6, A8,", `no row "A8"`},
		{"rows above no test", "requirement rows", "cert/cert_test.go", "func try", "// Rows: A6\nfunc try", "above no test"},
		{"row missing", "requirement rows", RowsFile, "C3 open not built yet\n", "", "C3 is missing"},
		{"row twice", "requirement rows", RowsFile, "C3 open", "C2 open", "twice"},
		{"open without a reason", "requirement rows", RowsFile, "C3 open not built yet", "C3 open", "what is not there"},
		{"part without a test", "requirement rows", RowsFile, "C3 open", "C3 part", "no test names it"},
		{"part without a reason", "requirement rows", RowsFile, "A6 tests", "A6 part", "what is not there"},
		{"other answer", "requirement rows", RowsFile, "C3 open", "C3 soon", `not by "soon"`},
		{"document gone", "requirement rows", RowsFile, "#the-end", "#gone", "no heading #gone"},
	}
}
