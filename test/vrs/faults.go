// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"sync"
	"time"
)

// FaultKind is a way in which a gateway can fail.
type FaultKind string

// Faults of the connection.
const (
	Late      FaultKind = "late"      // answers after Delay
	Status    FaultKind = "status"    // answers with Fault.Status
	Reset     FaultKind = "reset"     // closes the connection without an answer
	Truncated FaultKind = "truncated" // closes the connection within the answer
	Slow      FaultKind = "slow"      // sends one byte every Delay
	Redirect  FaultKind = "redirect"  // to another address
	Altered   FaultKind = "altered"   // the bytes are changed on the way: Fault.Alter, or one of them
	NoDigest  FaultKind = "no_digest" // nothing says what the content was
)

// Faults of the answer's form.
const (
	HTML          FaultKind = "html"           // a page, with status 200
	Empty         FaultKind = "empty"          // nothing, with status 200
	TooLarge      FaultKind = "too_large"      // a megabyte of it
	HalfJSON      FaultKind = "half_json"      // cut off, declared whole
	Trailing      FaultKind = "trailing"       // a second value after the first
	DoubledName   FaultKind = "doubled_name"   // one name twice
	UnknownName   FaultKind = "unknown_name"   // a name the contract does not have
	UnknownResult FaultKind = "unknown_result" // an outcome the contract does not have
	MissingName   FaultKind = "missing_name"   // no version, certificate ID or outcome
	ErrorFlag     FaultKind = "error_flag"     // [] and nothing else
	Null          FaultKind = "null"           // null and nothing else
	WrongType     FaultKind = "wrong_type"     // a number where a text belongs
	Rewritten     FaultKind = "rewritten"      // the gateway itself writes something else: Fault.Alter
)

// Faults of what the answer says.
const (
	OtherRequest      FaultKind = "other_request"      // another request id
	OtherMunicipality FaultKind = "other_municipality" // another municipality
	OtherIssuance     FaultKind = "other_issuance"     // another issuance id
	OtherPerson       FaultKind = "other_person"       // find, search, open: somebody else
	Swapped           FaultKind = "swapped"            // two concurrent callers get each other's answer
	Stale             FaultKind = "stale"              // an hour old
	Ahead             FaultKind = "ahead"              // an hour ahead
	NoDoses           FaultKind = "no_doses"           // find: found, without a dose ("0回")
	BadID             FaultKind = "bad_id"             // reserve: a certificate ID of another day
	OtherHolder       FaultKind = "other_holder"       // open: somebody else's record under the right handle
	OtherList         FaultKind = "other_list"         // blocks: of another number of rows
	Crowd             FaultKind = "crowd"              // search: more persons than may be told
)

// Fault is a failure to inject.
type Fault struct {
	Call   string        // find, reserve, confirm, void, search, open, invalidate or blocks; "" for each
	Kind   FaultKind     //
	Times  int           // how many calls it hits; 0: until cleared
	Delay  time.Duration // for Late and Slow
	Status int           // for Status

	// Alter makes the bytes of an answer wrong, for Altered and Rewritten. It
	// may keep them, and must not change them in place.
	Alter func(answer []byte) []byte `json:"-"`
}

// Faults are the failures that a stand-in injects. It is safe for concurrent
// use.
type Faults struct {
	mu    sync.Mutex
	set   []Fault
	calls map[string]int
	swap  chan handover
}

// handover is an answer on its way to another caller.
type handover struct {
	answer []byte
	back   chan []byte
}

func newFaults() *Faults {
	return &Faults{calls: make(map[string]int), swap: make(chan handover)}
}

// Add sets one more fault. Of several that fit a call, the oldest hits it.
func (f *Faults) Add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set = append(f.set, fault)
}

// Clear takes all faults back.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set = nil
}

// List returns the faults still set.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.set)
}

// Calls counts the requests that have arrived for call, refused ones too.
func (f *Faults) Calls(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

func (f *Faults) count(call string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[call]++
}

// take returns the fault that hits this call, or nil.
func (f *Faults) take(call string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.set, func(x Fault) bool { return x.Call == "" || x.Call == call })
	if i < 0 {
		return nil
	}
	hit := f.set[i]
	if hit.Times == 1 {
		f.set = slices.Delete(f.set, i, i+1)
	} else if hit.Times > 1 {
		f.set[i].Times--
	}
	return &hit
}

// edit makes a right answer v wrong in what it says.
func (f *Faults) edit(ctx context.Context, p *Partition, fault *Fault, v any) {
	switch a := v.(type) {
	case *findAnswer:
		fault.editFind(ctx, p, a)
	case *reserveAnswer:
		fault.editAbout(&a.RequestID, &a.Municipality, &a.Issuance, &a.Outcome)
		switch fault.Kind {
		case Stale:
			a.IssuedAt = p.now().Add(-time.Hour).In(time.UTC).Format(time.RFC3339)
		case Ahead:
			a.IssuedAt = p.now().Add(time.Hour).In(time.UTC).Format(time.RFC3339)
		case BadID:
			a.ID = "JPN" + string(p.code) + "20200101000001"
		case MissingName:
			a.ID = ""
		}
	case *confirmAnswer:
		fault.editAbout(&a.RequestID, &a.Municipality, &a.Issuance, &a.Outcome)
		if fault.Kind == BadID {
			a.ID = "JPN" + string(p.code) + "20200101000001"
		}
	case *voidAnswer:
		fault.editAbout(&a.RequestID, &a.Municipality, &a.Issuance, &a.Outcome)
	default:
		fault.editDesk(ctx, p, v)
	}
}

func (f *Fault) editAbout(request, municipality, issuance, outcome *string) {
	switch f.Kind {
	case OtherRequest:
		*request = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	case OtherMunicipality:
		*municipality = "472051"
	case OtherIssuance:
		*issuance = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	case UnknownResult:
		*outcome = "perhaps"
	case MissingName:
		*outcome = ""
	}
}

func (f *Fault) editFind(ctx context.Context, p *Partition, a *findAnswer) {
	var none string
	f.editAbout(&a.RequestID, &a.Municipality, &none, &a.Outcome)
	switch f.Kind {
	case Stale:
		a.AsOf = p.now().Add(-time.Hour).UTC().Format(time.RFC3339Nano)
	case Ahead:
		a.AsOf = p.now().Add(time.Hour).UTC().Format(time.RFC3339Nano)
	case OtherPerson:
		p.mixUp(ctx, a)
	case NoDoses:
		if a.Record != nil {
			a.Record.Doses = []entry{}
		}
	}
}

// mixUp answers with somebody else's record: what Fujitsu's queue did with
// papers. The proof is of the record's number, as always.
func (p *Partition) mixUp(ctx context.Context, a *findAnswer) {
	var row, sealed []byte
	var other person
	rows := p.db.QueryRowContext(ctx, `SELECT person, sealed FROM persons ORDER BY random() LIMIT 1`)
	if rows.Scan(&row, &sealed) != nil || p.vault.openJSON(row, sealed, &other) != nil || len(other.Doses) == 0 {
		return
	}
	nonce := make([]byte, 32) // of another request, as it would be
	a.Outcome, a.Proof = "found", prove(nonce, other.Number)
	a.Record = &record{
		Subject: p.subjects.add(row, "another"), Version: "another",
		Holder: holder{other.Name, other.Birth, other.Sex}, Doses: entries(other.Doses, p.code),
	}
}

var wrongType = regexp.MustCompile(`"request_id":"[^"]*"`)

// alter changes the bytes of an answer; one, in the middle, if nothing is said.
func (f *Fault) alter(data []byte) []byte {
	if f.Alter != nil {
		return f.Alter(data)
	}
	changed := slices.Clone(data)
	changed[len(changed)/2] ^= 1
	return changed
}

// bend makes the bytes of a right answer wrong in form.
func (f *Fault) bend(data []byte) []byte {
	switch f.Kind {
	case HTML:
		return []byte("<!DOCTYPE html><title>メンテナンス中</title><p>ただいまメンテナンス中です。")
	case Empty:
		return nil
	case TooLarge:
		return append(slices.Repeat([]byte(" "), 1<<20), data...)
	case HalfJSON:
		return data[:len(data)/2]
	case Trailing:
		return append(slices.Clone(data), data...)
	case ErrorFlag:
		return []byte("[]")
	case Null:
		return []byte("null")
	case WrongType:
		return wrongType.ReplaceAll(data, []byte(`"request_id":7`))
	case Rewritten:
		return f.alter(data)
	case DoubledName, UnknownName:
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil {
			return data
		}
		name := `"remark":"",`
		if f.Kind == DoubledName {
			name = `"outcome":` + string(members["outcome"]) + `,`
		}
		return append([]byte("{"+name), data[1:]...)
	}
	return data
}
