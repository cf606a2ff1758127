// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"go/ast"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// RowsFile says how each requirement row is answered; its head tells how.
const RowsFile = "test/arch/rows.txt"

// lastRow returns how many rows each family has. A to F are requirements, of
// which each is accounted for in [RowsFile]; R1 to R5 are lessons of incidents,
// N what is valued, and tests may cite them.
func lastRow() map[string]int {
	return map[string]int{
		"A": 7, "B": 7, "C": 10, "D": 5, "E": 9, "F": 15,
		"R1.": 8, "R2.": 4, "R3.": 4, "R4.": 3, "R5.": 4, "N": 14,
	}
}

var (
	rowsLine = regexp.MustCompile(`^// Rows: (.*)$`)
	rowForm  = regexp.MustCompile(`^(R[1-5]\.|[A-FN])([1-9][0-9]?)$`)
)

// known reports whether s names a row.
func known(s string) bool {
	m := rowForm.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	n := 0
	for _, c := range m[2] {
		n = n*10 + int(c-'0')
	}
	return n <= lastRow()[m[1]]
}

// Requirements lists A1 to F15 in order.
func Requirements() (rows []string) {
	for _, family := range []string{"A", "B", "C", "D", "E", "F"} {
		for n := range lastRow()[family] {
			rows = append(rows, fmt.Sprintf("%s%d", family, n+1))
		}
	}
	return rows
}

// RowTests returns, for each row, the tests that answer it, as
// package.Function: those with the row in a line "// Rows: A6, R1.4" of the
// comment above them, or as a part of their name (TestReview_A6). What is
// wrong with such a line comes second.
func RowTests(t *Tree) (tests map[string][]string, bad []string) {
	tests = map[string][]string{}
	for _, f := range t.Files {
		if !f.Test {
			continue
		}
		attached := map[*ast.CommentGroup]bool{}
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !isTest(fn.Name.Name) {
				continue
			}
			attached[fn.Doc] = true
			for _, row := range rowsOf(fn) {
				if !known(row) {
					bad = append(bad, fmt.Sprintf("%s: there is no row %q", t.at(fn), row))
					continue
				}
				tests[row] = append(tests[row], f.Dir+"."+fn.Name.Name)
			}
		}
		for _, g := range f.AST.Comments {
			if !attached[g] && slices.ContainsFunc(g.List, func(c *ast.Comment) bool { return rowsLine.MatchString(c.Text) }) {
				bad = append(bad, t.at(g)+": a Rows line stands above no test")
			}
		}
	}
	return tests, bad
}

func isTest(name string) bool {
	return strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz")
}

func rowsOf(fn *ast.FuncDecl) []string {
	rows := map[string]bool{}
	for part := range strings.SplitSeq(fn.Name.Name, "_") {
		if known(part) {
			rows[part] = true
		}
	}
	if fn.Doc != nil {
		for _, c := range fn.Doc.List {
			if m := rowsLine.FindStringSubmatch(c.Text); m != nil {
				for row := range strings.SplitSeq(m[1], ",") {
					rows[strings.TrimSuffix(strings.TrimSpace(row), ".")] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(rows))
}

// checkRows holds what RowsFile says of each requirement against the tests
// and documents there are.
func checkRows(t *Tree) []string {
	tests, bad := RowTests(t)
	src, err := fs.ReadFile(t.FS, RowsFile)
	if err != nil {
		return append(bad, err.Error())
	}
	said := map[string]bool{}
	n := 0
	for line := range strings.Lines(string(src)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		row, rest, _ := strings.Cut(line, " ")
		if !known(row) || said[row] {
			bad = append(bad, fmt.Sprintf("%s:%d: row %q is none, or is here twice", RowsFile, n, row))
			continue
		}
		said[row] = true
		if why := t.judge(strings.TrimSpace(rest), tests[row]); why != "" {
			bad = append(bad, fmt.Sprintf("%s:%d: %s %s", RowsFile, n, row, why))
		}
	}
	for _, row := range Requirements() {
		if !said[row] {
			bad = append(bad, fmt.Sprintf("%s: %s is missing", RowsFile, row))
		}
	}
	return bad
}

// judge says what is wrong with one row's answer, or "".
func (t *Tree) judge(answer string, tests []string) string {
	how, rest, _ := strings.Cut(answer, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case how == "tests" && len(tests) == 0:
		return "is said to have tests, and none names it"
	case how == "open" && len(tests) > 0:
		return "is said to be open, but is named by " + strings.Join(tests, ", ")
	case how == "part" && len(tests) == 0:
		return "is said to be answered in part, and no test names it"
	case (how == "open" || how == "part") && rest == "":
		return "wants to be told what is not there yet"
	case how == "doc":
		doc, _, _ := strings.Cut(rest, " ")
		if !strings.Contains(doc, "#") {
			return "wants the heading as well: path#heading"
		}
		// The link is read as if it stood in a document at the root.
		return t.follow("README.md", doc)
	case how != "tests" && how != "part" && how != "open":
		return fmt.Sprintf("must be answered by tests, part, doc or open, not by %q", how)
	}
	return ""
}
