// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxBody is the largest request body, in bytes.
const MaxBody = 1 << 20

// decode reads a body strictly, and returns its digest. The bytes, which may
// hold card files, are in one buffer, and wiped.
func (k *centre) decode(c *gin.Context, v any, check func() error) ([]byte, error) {
	if c.Request.ContentLength > MaxBody { // no need to wait for it
		return nil, errTooLarge
	}
	body, err := readAll(http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody), c.Request.ContentLength)
	defer clear(body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, errBody
	}
	if t, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || t != "application/json" {
		return nil, errMediaType
	}
	if err := unknown(body, v); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, v, json.RejectUnknownMembers(true)); err != nil {
		return nil, errBody // the library's text may quote the body
	}
	return digest(body), check()
}

// readAll is [io.ReadAll] but for what it leaves behind when its buffer grows:
// that is wiped. Size is how much the other side says there is, or below zero.
// What was read is returned with an error, too.
func readAll(r io.Reader, size int64) ([]byte, error) {
	b := make([]byte, 0, max(512, size+1)) // one more, to see the end without growing
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return b, err
		}
		if len(b) == cap(b) {
			grown := append(make([]byte, 0, 2*cap(b)), b...)
			clear(b)
			b = grown
		}
	}
}

// members is what an object of the protocol may have.
type members map[string]members

// membersOf reads the protocol's members from its Go type.
func membersOf(t reflect.Type) members {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	m := members{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			m[name] = membersOf(f.Type)
		}
	}
	return m
}

var (
	memberForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`)
	pinForm    = regexp.MustCompile(`(?i)(^|_)(pin|password|passcode|ansho)|anshou?bango|暗証`)
)

// unknown looks for members that the protocol does not have, and tells where
// they stand, never what they hold. One that looks like a PIN has its own
// answer: no message has a place for it. No value is copied out of body, which
// is wiped.
func unknown(body []byte, v any) error {
	if !jsontext.Value(body).IsValid() {
		return errBody
	}
	var found []string
	pin := false
	known := membersOf(reflect.TypeOf(v))
	if err := walk(body, known, "", func(pointer, name string) {
		pin = pin || pinForm.MatchString(name)
		found = append(found, pointer)
	}); err != nil {
		return err
	}
	switch {
	case pin:
		return errPIN
	case len(found) > 0:
		slices.Sort(found)
		return &unknownFields{found[:min(len(found), 16)]}
	}
	return nil
}

// walk tells every member of value that known does not have, at any depth. A
// decoder of a [bytes.Buffer] reads in its bytes themselves.
func walk(value jsontext.Value, known members, at string, tell func(pointer, name string)) error {
	if value.Kind() != '{' {
		return nil
	}
	object := jsontext.NewDecoder(bytes.NewBuffer(value))
	if _, err := object.ReadToken(); err != nil { // the brace
		return errBody
	}
	for object.PeekKind() == '"' {
		token, err := object.ReadToken()
		if err != nil {
			return errBody
		}
		name := token.String()
		inner, err := object.ReadValue()
		if err != nil {
			return errBody
		}
		shown := name
		if !memberForm.MatchString(name) {
			shown = "?" // what is no name of a member may be anything
		}
		below, ok := known[name]
		if !ok {
			tell(at+"/"+shown, name)
			continue
		}
		if err := walk(inner, below, at+"/"+shown, tell); err != nil {
			return err
		}
	}
	return nil
}
