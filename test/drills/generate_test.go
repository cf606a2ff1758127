// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// chance makes things up. The same seed makes the same.
type chance struct{ *rand.Rand }

func newChance(seed uint64, i int) chance { return chance{rand.New(rand.NewPCG(seed, uint64(i)))} }

func pick[T any](r chance, list []T) T { return list[r.IntN(len(list))] }

// value makes what a schema allows.
func (r chance) value(s *openapi3.Schema) any {
	switch {
	case len(s.Enum) > 0:
		return pick(r, s.Enum)
	case s.Type.Is("object"):
		return r.object(s)
	case s.Type.Is("array"):
		most := uint64(3)
		if s.MaxItems != nil {
			most = *s.MaxItems
		}
		list := []any{}
		for range s.MinItems + r.Uint64N(most-s.MinItems+1) {
			list = append(list, r.value(s.Items.Value))
		}
		return list
	case s.Type.Is("boolean"):
		return r.IntN(2) == 0
	case s.Type.Is("integer"), s.Type.Is("number"):
		return r.IntN(100)
	}
	return r.text(s)
}

func (r chance) object(s *openapi3.Schema) map[string]any {
	o := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, name) || r.IntN(3) == 0 {
			o[name] = r.value(s.Properties[name].Value)
		}
	}
	return o
}

// text is a string of a schema: bytes in base64 where it says so.
func (r chance) text(s *openapi3.Schema) string {
	most := 64
	if s.MaxLength != nil {
		most = min(most, int(*s.MaxLength))
	}
	switch {
	case s.Pattern != "":
		re, err := syntax.Parse(s.Pattern, syntax.Perl)
		if err != nil {
			return ""
		}
		return r.match(re)
	case strings.Contains(fmt.Sprint(s.ContentEncoding, s.Extensions), "base64"):
		b := make([]byte, 1+r.IntN(most/4*3))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	var b strings.Builder
	for range 1 + r.IntN(most) {
		b.WriteByte("ABCDEFabcdef0123456789.-_"[r.IntN(25)])
	}
	return b.String()
}

// match makes what a pattern takes.
func (r chance) match(re *syntax.Regexp) string {
	repeat := func(least, most int) string {
		if most < 0 || most > least+16 {
			most = least + 16
		}
		var b strings.Builder
		for range least + r.IntN(most-least+1) {
			b.WriteString(r.match(re.Sub[0]))
		}
		return b.String()
	}
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		at := r.IntN(len(re.Rune)/2) * 2
		return string(re.Rune[at] + r.Int32N(re.Rune[at+1]-re.Rune[at]+1))
	case syntax.OpRepeat:
		return repeat(re.Min, re.Max)
	case syntax.OpStar:
		return repeat(0, -1)
	case syntax.OpPlus:
		return repeat(1, -1)
	case syntax.OpQuest:
		return repeat(0, 1)
	case syntax.OpAlternate:
		return r.match(pick(r, re.Sub))
	case syntax.OpConcat, syntax.OpCapture:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(r.match(sub))
		}
		return b.String()
	}
	return ""
}
