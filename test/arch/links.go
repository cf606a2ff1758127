// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	code    = regexp.MustCompile("`[^`]*`")
)

// checkLinks follows every relative link of every document, to its heading
// where it names one. Addresses elsewhere are not asked.
func checkLinks(t *Tree) (bad []string) {
	for _, doc := range t.Docs {
		src, err := fs.ReadFile(t.FS, doc)
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s: %v", doc, err))
			continue
		}
		for n, line := range prose(string(src)) {
			for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
				if strings.Contains(m[1], ":") {
					continue // a scheme: not ours to follow
				}
				if why := t.follow(doc, m[1]); why != "" {
					bad = append(bad, fmt.Sprintf("%s:%d: %s", doc, n, why))
				}
			}
		}
	}
	return bad
}

// follow says why the link to, found in doc, leads nowhere, or "".
func (t *Tree) follow(doc, to string) string {
	file, anchor, _ := strings.Cut(to, "#")
	target := doc
	if file != "" {
		target = path.Join(path.Dir(doc), file)
	}
	if _, err := fs.Stat(t.FS, target); err != nil {
		return "there is no " + target
	}
	if anchor == "" || !strings.HasSuffix(target, ".md") {
		return ""
	}
	src, err := fs.ReadFile(t.FS, target)
	if err != nil {
		return err.Error()
	}
	for _, line := range prose(string(src)) {
		if m := heading.FindStringSubmatch(line); m != nil && slug(m[1]) == anchor {
			return ""
		}
	}
	return fmt.Sprintf("%s has no heading #%s", target, anchor)
}

// prose yields the numbered lines of a Markdown text outside fenced code.
func prose(src string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		n, fenced := 0, false
		for line := range strings.Lines(src) {
			n++
			line = strings.TrimRight(line, "\r\n")
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
				continue
			}
			if !fenced && !yield(n, line) {
				return
			}
		}
	}
}

// slug is the anchor that GitHub gives a heading.
func slug(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		}
	}
	return b.String()
}
