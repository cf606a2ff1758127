// SPDX-License-Identifier: Apache-2.0

package terminal

// Speaker says what a screen says aloud. A terminal of the shop floor says it
// and forgets it; this one keeps a log for tests.
type Speaker struct {
	Said   []string
	Sounds []string
}

func (s *Speaker) say(text, sound string) {
	s.Said = append(s.Said, text)
	s.Sounds = append(s.Sounds, sound)
}

// Panel is the lamps and the shutter of the paper tray.
type Panel struct {
	Lamp    string // off, card, coins, paper, help
	Shutter string // closed, open
}

// Journal is the memory that survives a power cut. Nothing else does, and
// nothing in it is about a person.
type Journal struct {
	Session   string // "" when no session is under way
	Number    int    // of the last event that was sent
	EscrowYen int
	Printed   []int // sheets confirmed out
	Settled   bool  // coins were moved out of escrow: so many were kept, so many given back
	Captured  int
	Returned  int
}
