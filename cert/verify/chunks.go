// SPDX-License-Identifier: Apache-2.0

package verify

import "kofu/cert"

// card is the texts of one certificate: one, or the chunks of a SMART Health
// Card.
type card struct {
	cert.Redacted
	texts []string
	files []int // where they came from, ascending, each once
}

func (c *card) from(file int) {
	if n := len(c.files); n == 0 || c.files[n-1] != file {
		c.files = append(c.files, file)
	}
}

// place is what a chunk says of itself: the how manieth of how many.
type place struct{ index, count string }

// gather makes cards of the texts of all files, putting chunks together: each
// goes to the first card of as many chunks that lacks it, or has the same one
// already, which is no harm. So several cards in chunks may be told apart if
// their chunks come in the same order.
func gather(inputs []input) []*card {
	var cards []*card
	chunked := make(map[string][]*card) // by count, in order
	filled := make(map[place]int)       // how many of those have a chunk there: the first so many
	seen := make(map[string]*card)      // by a chunk's text
	for file, in := range inputs {
		for _, text := range in.texts {
			m := chunk.FindStringSubmatch(text)
			if m == nil {
				cards = append(cards, &card{texts: []string{text}, files: []int{file}})
				continue
			}
			c := seen[text]
			if c == nil {
				p := place{m[1], m[2]}
				if filled[p] == len(chunked[p.count]) {
					c = new(card)
					chunked[p.count] = append(chunked[p.count], c)
					cards = append(cards, c)
				}
				c = chunked[p.count][filled[p]]
				filled[p]++
				c.texts = append(c.texts, text)
				seen[text] = c
			}
			c.from(file)
		}
	}
	return cards
}
