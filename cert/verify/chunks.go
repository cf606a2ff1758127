// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"slices"

	"kofu/cert"
)

// card is the texts of one certificate: one, or the chunks of a SMART Health
// Card.
type card struct {
	cert.Redacted
	texts []string
	files []int // where they came from, ascending, each once
	count string
}

// gather makes cards of the texts of all files, putting chunks together:
// each goes to the first card that lacks it. So several cards in chunks may be
// told apart if their chunks come in the same order.
func gather(inputs []input) []card {
	var cards []card
	for file, in := range inputs {
		for _, text := range in.texts {
			m := chunk.FindStringSubmatch(text)
			if m == nil {
				cards = append(cards, card{texts: []string{text}, files: []int{file}})
				continue
			}
			i := slices.IndexFunc(cards, func(c card) bool { return c.lacks(text, m[1], m[2]) })
			if i < 0 {
				cards = append(cards, card{count: m[2]})
				i = len(cards) - 1
			}
			cards[i].texts = append(cards[i].texts, text)
			if !slices.Contains(cards[i].files, file) {
				cards[i].files = append(cards[i].files, file)
			}
		}
	}
	return cards
}

func (c card) lacks(text, index, count string) bool {
	if c.count != count {
		return false
	}
	for _, t := range c.texts {
		if chunk.FindStringSubmatch(t)[1] == index {
			return t == text // the same chunk twice is no harm
		}
	}
	return true
}
