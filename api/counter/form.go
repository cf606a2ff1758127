// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The largest bodies, in bytes.
const (
	maxForm = 16 << 10
	maxFile = 256 << 10
)

// read reads the body into one buffer, which is wiped when the request ends.
func (v *visit) read() error {
	r := v.c.Request
	if r.Method != http.MethodPost {
		return nil
	}
	limit, want := maxForm, "application/x-www-form-urlencoded"
	switch v.route.kind {
	case jsonBody:
		want = "application/json"
	case fileBody:
		limit, want = maxFile+4<<10, "multipart/form-data"
	}
	var err error
	if v.body, err = readAll(r.Body, limit); err != nil {
		return err
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(v.body) == 0 && len(v.route.Fields) == 0 {
		return nil
	}
	if err != nil || media != want {
		return errForm
	}
	switch v.route.kind {
	case fileBody:
		return v.readFile(params["boundary"])
	case jsonBody:
		return nil
	}
	v.form, err = parseForm(v.body, v.route.Fields)
	return err
}

// readAll never lets a buffer grow, for what it outgrew could not be wiped.
func readAll(r io.Reader, limit int) ([]byte, error) {
	buf := make([]byte, limit+1)
	n, err := io.ReadFull(r, buf)
	switch {
	case err == nil: // one more than allowed
		clear(buf)
		return nil, errTooLarge
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return buf[:n], nil
	}
	clear(buf)
	return nil, errForm
}

// readFile takes the one file of a multipart body, in memory.
func (v *visit) readFile(boundary string) error {
	if boundary == "" {
		return errForm
	}
	r := multipart.NewReader(bytes.NewReader(v.body), boundary)
	part, err := r.NextRawPart()
	if err != nil || part.FormName() != "file" {
		return errForm
	}
	if v.file, err = readAll(part, maxFile); err != nil {
		return err
	}
	if _, err := r.NextRawPart(); !errors.Is(err, io.EOF) {
		return errForm
	}
	return nil
}

// form is what a page sent. Its values are parts of the body.
type form map[string][][]byte

// parseForm reads application/x-www-form-urlencoded in place. A name that is
// not among fields, or comes twice without being allowed to, is errForm.
func parseForm(body []byte, fields []string) (form, error) {
	f := form{}
	for len(body) > 0 {
		var pair []byte
		pair, body, _ = bytes.Cut(body, []byte("&"))
		name, value, _ := bytes.Cut(pair, []byte("="))
		if len(name) == 0 || len(name) > 64 {
			return nil, errForm
		}
		key := string(name) // names are ours, and none needs an escape
		many := slices.Contains(fields, key+"*")
		if !many && (f[key] != nil || !slices.Contains(fields, key)) {
			return nil, errForm
		}
		text, ok := unescape(value)
		if !ok || !utf8.Valid(text) || bytes.ContainsFunc(text, control) {
			return nil, errForm
		}
		f[key] = append(f[key], text)
	}
	return f, nil
}

// control reports characters that no field has.
func control(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }

// unescape decodes in place.
func unescape(b []byte) ([]byte, bool) {
	n := 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if i+2 >= len(b) {
				return nil, false
			}
			high, ok1 := nibble(b[i+1])
			low, ok2 := nibble(b[i+2])
			if !ok1 || !ok2 {
				return nil, false
			}
			c = high<<4 | low
			i += 2
		}
		b[n] = c
		n++
	}
	return b[:n:n], true
}

func nibble(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// raw returns the bytes of a field themselves.
func (f form) raw(name string) []byte {
	if v := f[name]; len(v) > 0 {
		return v[0]
	}
	return nil
}

// text returns a field without spaces around it.
func (f form) text(name string) string {
	return strings.Trim(string(f.raw(name)), " \t\r\n\u3000")
}

// list returns all values of a field that may come more than once.
func (f form) list(name string) (list []string) {
	for _, v := range f[name] {
		list = append(list, string(v))
	}
	return list
}

// query lets an address have what its page has, and nothing else.
func (v *visit) query() error {
	for name, values := range v.c.Request.URL.Query() {
		if len(values) != 1 || !slices.Contains(v.route.Query, name) || len(values[0]) > 128 || !utf8.ValidString(values[0]) ||
			strings.ContainsFunc(values[0], control) {
			return errForm
		}
	}
	return nil
}

// note is a text that staff write for the books, on one line whatever lines it
// was typed in. Names and numbers of applicants do not belong there; numbers
// can be told.
func note(text string, most int) (string, bool) {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " ")
	text = strings.TrimSpace(text)
	if longNumber(text) {
		return "", false
	}
	n := utf8.RuneCountInString(text)
	return text, n >= 1 && n <= most && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u3000' })
}

// longNumber reports ten digits or more in a row, in groups or not and in
// whatever script: a ticket number, a My Number or what is nearly one.
func longNumber(text string) bool {
	digits := 0
	for _, r := range text {
		switch {
		case unicode.IsNumber(r), strings.ContainsRune("〇零一二三四五六七八九壱弐参", r):
			digits++
		case gap(r), !unicode.IsLetter(r): // spaces, strokes, points, marks
		default:
			digits = 0
		}
		if digits >= 10 {
			return true
		}
	}
	return false
}
