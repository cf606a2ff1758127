// SPDX-License-Identifier: Apache-2.0

package municipality

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
)

// wireLint is the part of an entry that sets what becomes of findings. It is
// read member by member, so that what is wrong can be told with its place.
type wireLint map[string]cert.Severity

// lintFault is a member that cannot be set so, at a byte of the table.
type lintFault struct {
	at   int64
	what string
}

func (f *lintFault) Error() string { return f.what }

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (l *wireLint) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return &lintFault{d.InputOffset(), "lint is an object of codes with refuse or warn"}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	*l = wireLint{}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		code, at := name.String(), d.InputOffset() // which is behind the name
		at -= int64(len(code)) + 2
		value, err := d.ReadToken()
		if err != nil {
			return err
		}
		if what := settable(code, value); what != "" {
			return &lintFault{at, what}
		}
		(*l)[code] = cert.Severity(value.String())
	}
	_, err := d.ReadToken()
	return err
}

// settable says why a rule cannot be set so, or "".
func settable(code string, value jsontext.Token) string {
	r, known := cert.FindingRuleOf(code)
	severity := cert.Refuse
	if value.Kind() == '"' {
		severity = cert.Severity(value.String())
	}
	switch {
	case !known:
		return fmt.Sprintf("lint: no rule is called %.40q", code)
	case value.Kind() != '"' || severity != cert.Refuse && severity != cert.Warn:
		return fmt.Sprintf("lint: %s is \"refuse\" or \"warn\"", code)
	case r.Fixed && severity != cert.Refuse:
		return fmt.Sprintf("lint: %s cannot be lowered: a certificate would state what cannot be so", code)
	}
	return ""
}

// placed tells a fault of the table with its line and column, which count from
// 1, columns in bytes, where it is known.
func placed(data []byte, err error) error {
	at, what := int64(-1), err
	if f, ok := errors.AsType[*lintFault](err); ok {
		at, what = f.at, f
	} else if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at = e.ByteOffset
	} else if e, ok := errors.AsType[*json.SemanticError](err); ok {
		at = e.ByteOffset
	}
	if at < 0 || at > int64(len(data)) {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	before := data[:at]
	return fmt.Errorf("%w: %d:%d: %w", ErrFormat, bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'), what)
}
