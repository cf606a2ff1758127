// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
)

// find is the body of find but for the number, which is never a string.
type find struct {
	about
	Purpose  string `json:"purpose"`
	Issuance string `json:"issuance_id"`
	Nonce    []byte `json:"nonce"` // base64 on the wire; not echoed
}

func newFind(q cert.Query) find {
	return find{newAbout(q.Municipality), string(q.Purpose), string(q.Issuance), newNonce()}
}

// body writes the twelve digits into the JSON by hand, so that they stand in
// one slice, which is wiped.
func (f find) body(n *cert.MyNumber) ([]byte, error) {
	rest, err := marshal("find", f)
	if err != nil {
		return nil, err
	}
	return withNumber(rest, n), nil
}

// numbered is how long a body with a number is, blanks at its end included.
//
// crypto/tls puts a record together in a buffer of its own, 5 bytes of header
// and the text, and encrypts it where it lies, which makes it 17 longer. Where
// that does not fit it takes another buffer and leaves the first behind as it
// is, in the clear. A buffer for 5 + 1002 bytes has 1,024: it fits. Nor does
// the length of a request tell whom it is about.
const numbered = 1024 - 5 - 17

func withNumber(rest []byte, n *cert.MyNumber) []byte {
	const name = `{"individual_number":"`
	b := make([]byte, 0, max(numbered, len(name)+12+2+len(rest)))
	b = append(b, name...)
	b = append(b, n.Digits()...)
	b = append(b, `",`...)
	b = append(b, rest[1:]...)
	for len(b) < numbered {
		b = append(b, ' ') // JSON takes blanks at its end (RFC 8259, section 2)
	}
	return b
}

// findAnswer is the answer of find but for the record, which is read once the
// rest is known to be right: what is wrong in it is then one person's trouble.
type findAnswer struct {
	about
	Outcome string         `json:"outcome"`
	AsOf    string         `json:"as_of"`
	Proof   string         `json:"person_proof"`
	Record  jsontext.Value `json:"record"`
}

// hasRecord takes null for none, as the contract does.
func (a *findAnswer) hasRecord() bool { return len(a.Record) > 0 && a.Record.Kind() != 'n' }

// read takes data for an answer only if everything in it is about this
// request and this person.
func (f find) read(data []byte, n *cert.MyNumber, now time.Time, maxAge time.Duration) (cert.Answer, error) {
	answer, cause := f.judge(data, n, now, maxAge)
	if cause != "" {
		return cert.Answer{}, &failure{"find", cause}
	}
	return answer, nil
}

func (f find) judge(data []byte, n *cert.MyNumber, now time.Time, maxAge time.Duration) (none cert.Answer, cause string) {
	var got findAnswer
	if !unmarshalAround(data, &got) {
		return none, CauseMalformed
	}
	defer clear(got.Record)
	if cause := f.echoed(got.about); cause != "" {
		return none, cause
	}
	if !f.proves(got.Proof, n) {
		return none, CauseOtherPerson
	}
	asOf, cause := fresh(got.AsOf, now, maxAge)
	if cause != "" {
		return none, cause
	}
	// Nobody's answer and a blocked person's take the same way from here to the
	// caller: no call, pause or allocation is for one of them alone.
	answers := map[string]cert.Answer{"none": cert.None(), "needs_check": cert.NeedsCheck(), "blocked": cert.Blocked()}
	answer, ok := answers[got.Outcome]
	switch {
	case got.Outcome == "found" && !got.hasRecord():
		return none, CauseMalformed
	case got.Outcome == "found":
		var w wireRecord
		if !unmarshal(got.Record, &w) {
			return none, CauseRecord
		}
		r, cause := w.record(cert.MunicipalityCode(f.Municipality), asOf)
		if cause != "" {
			return none, cause
		}
		return cert.Found(r), ""
	case !ok:
		return none, CauseUnknown
	case got.hasRecord():
		return none, CauseMalformed
	}
	return answer, ""
}

// fresh reads as_of; an answer older than maxAge is none (R1.8). It returns a
// cause, or "".
func fresh(text string, now time.Time, maxAge time.Duration) (asOf time.Time, cause string) {
	asOf, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err != nil:
		return asOf, CauseMalformed
	case now.Sub(asOf) > maxAge:
		return asOf, CauseStale
	case asOf.Sub(now) > clockSkew:
		return asOf, CauseFuture
	}
	return asOf, ""
}

// proves recomputes the person proof, and compares in constant time. Whoever
// sees an answer alone cannot try out numbers: the nonce is not in it.
func (f find) proves(proof string, n *cert.MyNumber) bool {
	return equalProof(proof, personProof(sha256.New, f.Nonce, n))
}

// personProof is HMAC-SHA-256 over the digits of n. A hash keeps input that
// does not fill a block, and Reset only forgets how much of it there is: zeros
// are therefore written over the digits, short of the block that would be
// hashed without being kept. The hash is a parameter for a test to look into.
func personProof(newHash func() hash.Hash, nonce []byte, n *cert.MyNumber) []byte {
	mac := hmac.New(newHash, nonce)
	mac.Write(n.Digits())
	sum := mac.Sum(nil)
	mac.Reset()
	mac.Write(make([]byte, sha256.BlockSize-1))
	return sum
}
