// SPDX-License-Identifier: Apache-2.0

// Package faults makes up ways for the record service to fail that nobody has
// thought of: it mutates right answers, as bytes and as JSON, and strews them,
// with the failures of package vrs, over the calls of one application. The same
// seed makes the same ones.
package faults

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"kofu/test/vrs"
)

// Generator is a source of failures. It is for one goroutine; what it has made
// may be used by others.
type Generator struct{ r *rand.Rand }

// New returns the generator of a seed.
func New(seed uint64) *Generator { return &Generator{rand.New(rand.NewPCG(seed, 0x6661756c7473))} }

// Plan returns one to three failures of calls, in order: some once, so that the
// next attempt is right or fails otherwise, some for good.
func (g *Generator) Plan(calls []string) []vrs.Fault {
	list := make([]vrs.Fault, 1+g.r.IntN(4)/3+g.r.IntN(4)/3) // mostly one: the first that is found out ends it
	for i := range list {
		list[i] = g.fault()
		list[i].Call = calls[max(0, g.r.IntN(2*len(calls))-len(calls))] // the first brings the person
		list[i].Times = g.r.IntN(3)
	}
	return list
}

func (g *Generator) fault() vrs.Fault {
	kinds := []vrs.FaultKind{vrs.Reset, vrs.Truncated, vrs.HTML, vrs.Empty, vrs.HalfJSON, vrs.Trailing, vrs.DoubledName, vrs.UnknownName, vrs.UnknownResult,
		vrs.MissingName, vrs.ErrorFlag, vrs.Null, vrs.WrongType, vrs.OtherRequest, vrs.OtherMunicipality, vrs.OtherIssuance, vrs.OtherPerson, vrs.OtherHolder,
		vrs.Stale, vrs.Ahead, vrs.NoDoses, vrs.BadID}
	seed := g.r.Uint64()
	switch g.r.IntN(16) {
	case 0:
		return vrs.Fault{Kind: vrs.Status, Status: 400 + g.r.IntN(200)}
	case 1:
		return vrs.Fault{Kind: kinds[g.r.IntN(len(kinds))]}
	case 2:
		return vrs.Fault{Kind: vrs.Late, Delay: time.Duration(g.r.IntN(100)) * time.Millisecond}
	case 3, 4: // changed on the way, as bytes
		return vrs.Fault{Kind: vrs.Altered, Alter: func(b []byte) []byte { return New(seed).Bytes(b) }}
	case 5: // somebody else, or nothing
		return vrs.Fault{Kind: []vrs.FaultKind{vrs.OtherPerson, vrs.OtherHolder, vrs.NoDoses}[g.r.IntN(3)]}
	case 6, 7, 8, 9, 10, 11, 12, 13: // changed on the way, and still JSON
		return vrs.Fault{Kind: vrs.Altered, Alter: func(b []byte) []byte { return New(seed).JSON(b, true) }}
	}
	// The gateway's own fault: the digest is right, and the record what it was.
	return vrs.Fault{Kind: vrs.Rewritten, Alter: func(b []byte) []byte { return New(seed).JSON(b, false) }}
}

// Bytes changes, cuts, doubles or inserts some bytes; at least one differs.
func (g *Generator) Bytes(data []byte) []byte {
	for {
		b := slices.Clone(data)
		at := g.r.IntN(len(b))
		end := min(len(b), at+1+g.r.IntN(8))
		switch g.r.IntN(5) {
		case 0:
			b[at] ^= 1 << g.r.IntN(8)
		case 1:
			b[at] = byte(g.r.IntN(256))
		case 2:
			b = slices.Delete(b, at, end)
		case 3:
			b = slices.Insert(b, at, b[at:end:end]...)
		case 4:
			b = b[:at]
		}
		if !slices.Equal(b, data) {
			return b
		}
	}
}

// JSON changes the value of one member, or leaves one out. Without within what
// record, file and persons hold is left alone: a gateway that tells another lot
// number, and signs for it, cannot be found out.
func (g *Generator) JSON(data []byte, within bool) []byte {
	var top map[string]any
	if json.Unmarshal(data, &top) != nil {
		return g.Bytes(data)
	}
	g.change(top, within)
	b, err := json.Marshal(top)
	if err != nil || slices.Equal(b, data) {
		return g.Bytes(data)
	}
	return b
}

func (g *Generator) change(m map[string]any, within bool) {
	var names, deep []string
	for name, v := range m {
		names = append(names, name)
		switch v.(type) {
		case map[string]any, []any:
			deep = append(deep, name)
		}
	}
	if within && len(deep) > 0 && g.r.IntN(5) > 0 { // most of an answer lies there
		names = deep
	}
	slices.Sort(names) // for the seed
	name := names[g.r.IntN(len(names))]
	if within {
		switch v := m[name].(type) {
		case map[string]any:
			if len(v) > 0 {
				g.change(v, within)
				return
			}
		case []any:
			if inner, ok := g.pick(v).(map[string]any); ok && len(inner) > 0 {
				g.change(inner, within)
				return
			}
		}
	}
	if g.r.IntN(5) == 0 {
		delete(m, name)
		return
	}
	m[name] = g.value(m[name])
}

func (g *Generator) pick(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[g.r.IntN(len(list))]
}

// value is something else than v.
func (g *Generator) value(v any) any {
	if s, ok := v.(string); ok && s != "" && g.r.IntN(4) > 0 { // one that looks as right: a digit for a digit
		r := []rune(s)
		at := g.r.IntN(len(r))
		switch c := r[at]; {
		case c >= '0' && c <= '9':
			r[at] = '0' + (c-'0'+1+rune(g.r.IntN(9)))%10
		case c >= 'A' && c <= 'Z':
			r[at] = 'A' + (c-'A'+1+rune(g.r.IntN(25)))%26
		default:
			r[at]++
		}
		return string(r)
	}
	return g.pick([]any{nil, "", "none", "found", "blocked", "needs_check", "reserved", "confirmed", "0", 0, -1, 1e300, true, false, []any{}, []any{nil}, map[string]any{},
		map[string]any{"doses": []any{}}, "2021-13-45", "JPN90001020261124000001", "9000-01-01T00:00:00Z"})
}
