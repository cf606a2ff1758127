// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"slices"

	"kofu/cert"
)

// MaxBlocks is how many rows a list of blocks may have; its body then stays
// below 16 MiB.
const MaxBlocks = 100_000

// maxRejected is how many rows an answer tells, or we do.
const maxRejected = 1000

// wireBlock is a block on the wire.
type wireBlock struct {
	Class string `json:"class"`
	From  string `json:"from"`
	Until string `json:"until,omitzero"`
}

func fromBlock(b cert.Block) wireBlock {
	return wireBlock{string(b.Class), b.From.String(), b.Until.String()}
}

func (w *wireBlock) block() (b cert.Block, ok bool) {
	from, okFrom := date(w.From)
	until, okUntil := date(w.Until)
	b = cert.Block{Class: cert.BlockClass(w.Class), From: from, Until: until}
	return b, okFrom && okUntil && wellFormed(b)
}

func wellFormed(b cert.Block) bool {
	return b.Class.Valid() && b.From.Full() && (b.Until.IsZero() || b.Until.Full() && b.Until.Compare(b.From) >= 0)
}

// malformedRows returns the rows, counted from 1, that cannot be asked for.
func malformedRows(all []cert.BlockRow) (bad []int) {
	for i, r := range all {
		_, err := cert.ParseTicketNumber(r.Ticket.Reveal())
		named := err == nil && r.Handle == "" || r.Ticket == "" && handleForm.MatchString(r.Handle)
		if (!named || !wellFormed(r.Block)) && len(bad) < maxRejected {
			bad = append(bad, i+1)
		}
	}
	return bad
}

type blocks struct {
	about
	DryRun bool       `json:"dry_run"`
	Rows   []blockRow `json:"rows"`
}

type blockRow struct {
	Ticket string `json:"ticket_number,omitzero"`
	Handle string `json:"handle,omitzero"`
	wireBlock
}

func newBlocks(l cert.BlockList) blocks {
	b := blocks{about: newAbout(l.Municipality), DryRun: l.DryRun, Rows: make([]blockRow, 0, len(l.Rows))}
	for _, r := range l.Rows {
		b.Rows = append(b.Rows, blockRow{r.Ticket.Reveal(), r.Handle, fromBlock(r.Block)})
	}
	return b
}

type blocksAnswer struct {
	about
	DryRun   *bool  `json:"dry_run"`
	Count    *int   `json:"count"`
	Outcome  string `json:"outcome"`
	Rejected []int  `json:"rejected"`
}

func (b blocks) read(data []byte) (v verdict[struct{}], err error) {
	var got blocksAnswer
	if !unmarshal(data, &got) {
		return v, &failure{"blocks", CauseMalformed}
	}
	cause := b.echoed(got.about)
	switch {
	case cause != "":
	case got.DryRun == nil || *got.DryRun != b.DryRun || got.Count == nil || *got.Count != len(b.Rows):
		cause = CauseOtherList
	case got.Outcome == "accepted" && got.Rejected == nil:
		return v, nil
	case got.Outcome == "rejected" && b.rows(got.Rejected):
		v.refusal = &cert.BlockError{Rows: got.Rejected}
		return v, nil
	case got.Outcome == "accepted" || got.Outcome == "rejected":
		cause = CauseMalformed
	default:
		cause = CauseUnknown
	}
	return v, &failure{"blocks", cause}
}

// rows reports whether list names rows of b, at least one, in order and none
// twice.
func (b blocks) rows(list []int) bool {
	if len(list) == 0 || len(list) > maxRejected || list[0] < 1 || list[len(list)-1] > len(b.Rows) {
		return false
	}
	return slices.IsSorted(list) && len(slices.Compact(slices.Clone(list))) == len(list)
}
