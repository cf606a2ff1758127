// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// parseConfig reads a configuration and tells every fault of form at once,
// each with line:column. Where the text is not JSON it ends there, and whole
// is false: what was read is not the configuration somebody wrote.
func parseConfig(src []byte) (c Config, faults []string, whole bool) {
	r := &reader{src: src, dec: jsontext.NewDecoder(bytes.NewReader(src), jsontext.AllowDuplicateNames(true))}
	err := r.value(reflect.ValueOf(&c).Elem(), "")
	if err == nil {
		at := r.next()
		switch _, end := r.dec.ReadToken(); {
		case end == nil:
			r.fault(at, "something stands after the closing brace")
		case !errors.Is(end, io.EOF):
			err = end
		}
	}
	if err != nil {
		r.fault(r.failedAt(err), "this is not JSON: "+reason(err))
	}
	return c, r.faults, err == nil
}

type reader struct {
	src    []byte
	dec    *jsontext.Decoder
	faults []string
}

// fault notes what is wrong at a byte offset. Lines and columns count from 1,
// columns in bytes.
func (r *reader) fault(at int64, what string) {
	before := r.src[:min(at, int64(len(r.src)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	r.faults = append(r.faults, fmt.Sprintf("%d:%d: %s", line, column, what))
}

// next returns where the next token begins.
func (r *reader) next() int64 {
	at := r.dec.InputOffset()
	for at < int64(len(r.src)) && strings.IndexByte(" \t\r\n,:", r.src[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) failedAt(err error) int64 {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return e.ByteOffset
	}
	return int64(len(r.src))
}

// reason is the innermost of err: the rest repeats the position.
func reason(err error) string {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok && e.Err != nil {
		return e.Err.Error()
	}
	return err.Error()
}

// value reads the next value into v; an invalid v is skipped. where is its
// path for the reader of the faults. The error is of syntax only.
func (r *reader) value(v reflect.Value, where string) error {
	at := r.next()
	switch kind := r.dec.PeekKind(); {
	case !v.IsValid():
		return r.dec.SkipValue()
	case kind == '{' && (v.Kind() == reflect.Struct || v.Kind() == reflect.Map) && !isText(v):
		return r.object(v, where)
	case kind == '[' && v.Kind() == reflect.Slice:
		return r.array(v, where)
	}
	raw, err := r.dec.ReadValue()
	if err != nil {
		return err
	}
	if raw.Kind() == 'n' {
		r.fault(at, where+" is null: leave the key out instead")
	} else if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
		r.fault(at, where+" is not "+form(v))
	}
	return nil
}

func (r *reader) object(v reflect.Value, where string) error {
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.dec.PeekKind() != '}' {
		at := r.next()
		tok, err := r.dec.ReadToken()
		if err != nil {
			return err
		}
		name := tok.String()
		path := strings.TrimPrefix(where+"."+name, ".")
		if seen[name] {
			r.fault(at, path+" stands here a second time")
		}
		seen[name] = true
		if err := r.member(v, name, path, at); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

func (r *reader) member(v reflect.Value, name, path string, at int64) error {
	if v.Kind() == reflect.Struct {
		f := field(v, name)
		if !f.IsValid() {
			r.fault(at, "there is no key "+path)
		}
		return r.value(f, path)
	}
	elem := reflect.New(v.Type().Elem()).Elem()
	if err := r.value(elem, path); err != nil {
		return err
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), elem)
	return nil
}

func (r *reader) array(v reflect.Value, where string) error {
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for n := 0; r.dec.PeekKind() != ']'; n++ {
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := r.value(elem, fmt.Sprintf("%s[%d]", where, n)); err != nil {
			return err
		}
		v.Set(reflect.Append(v, elem))
	}
	_, err := r.dec.ReadToken()
	return err
}

// field finds the field of a struct by its key, which must match to the letter.
func field(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("json") == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

type textual interface{ UnmarshalText(text []byte) error }

func isText(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(textual)
	return ok
}

// form says what a value should have been.
func form(v reflect.Value) string {
	switch v.Addr().Interface().(type) {
	case *Duration:
		return `a duration such as "5s"`
	case textual:
		return `a network such as "10.0.0.0/24"`
	}
	switch v.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}
