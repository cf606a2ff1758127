// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/test/card"
)

// TestVerifyReturnsTheSignedData: number, name, date and sex come from the
// signed files, and evidence has no other place for them.
// Rows: B3
func TestVerifyReturnsTheSignedData(t *testing.T) {
	d, h := newDesk(t), resident()
	ev := d.prove(t, d.issue(t, h))
	p, err := d.verify(t, ev)
	if err != nil {
		t.Fatal(err)
	}
	a := p.Applicant
	if !bytes.Equal(a.MyNumber.Digits(), []byte(h.MyNumber)) || a.Holder.Name.Reveal() != h.Name ||
		p.Address.Reveal() != h.Address || a.Holder.BirthDate != (cert.Date{Year: 1985, Month: 3, Day: 14}) || a.Holder.Sex != 2 {
		t.Error("person is not the one on the card")
	}
	if p.CardKey != sha256.Sum256(ev.Files.EF0007[5:275]) {
		t.Error("card key is not the SHA-256 of the DF51 object")
	}
	if p.SigningKeyID != cardauth.KeyID(d.muni.ID) || p.IssuerID != cardauth.KeyID(d.pki.ID) || p.Binding != cardauth.Attested {
		t.Errorf("signed by %s, issued by %s, %s", p.SigningKeyID, p.IssuerID, p.Binding)
	}
	p.Wipe()
	if !bytes.Equal(a.MyNumber.Digits(), make([]byte, 12)) {
		t.Error("number is not wiped")
	}
	var names []string
	for f := range reflect.TypeFor[cardauth.Evidence]().Fields() {
		names = append(names, f.Name)
	}
	if want := []string{"Redacted", "Files", "Surface", "Signature", "Challenge"}; !reflect.DeepEqual(names, want) {
		t.Errorf("evidence holds %v", names)
	}
}

// TestVerifyAcceptsRealWorldForms: what real cards and careful or careless
// readers send.
func TestVerifyAcceptsRealWorldForms(t *testing.T) {
	date := func(y, m, d int) cert.Date { return cert.Date{Year: y, Month: m, Day: d} }
	tests := []struct {
		name   string
		holder func(*card.Holder)
		files  func(*cardauth.Files) // changed before the card signs
		birth  cert.Date             // 1985-03-14 if zero and not unknown
		noDate bool
		sex    cert.Sex
	}{
		{name: "as read", sex: 2},
		{name: "15-byte EF0001", files: func(f *cardauth.Files) { f.EF0001 = f.EF0001[:15] }, sex: 2},
		{name: "leading zeros in lengths", holder: func(h *card.Holder) { h.NonMinimal = true }, sex: 2},
		{name: "filler after EF0002", files: func(f *cardauth.Files) { f.EF0002 = append(f.EF0002, 0x00, 0xFF) }, sex: 2},
		{name: "filler after EF0003", files: func(f *cardauth.Files) { f.EF0003 = append(f.EF0003, 0xFF) }, sex: 2},
		{name: "filler after EF0007", files: func(f *cardauth.Files) { f.EF0007 = append(f.EF0007, 0x00) }, sex: 2},
		{name: "ideographic variation sequence", holder: func(h *card.Holder) { h.Name = "葛\U000E0100城　花子" }, sex: 2},
		{name: "private use and substitute characters", holder: func(h *card.Holder) { h.Name = "\uE000●〓　花子" }, sex: 2},
		{name: "decomposed kana stay decomposed", holder: func(h *card.Holder) { h.Name = "か\u3099　花子" }, sex: 2},
		{name: "former surname in the name", holder: func(h *card.Holder) { h.Name = "髙橋［佐藤］　花子" }, sex: 2},
		{name: "one name", holder: func(h *card.Holder) { h.Name = "SUHARTO" }, sex: 2},
		{name: "no address", holder: func(h *card.Holder) { h.Address = "" }, sex: 2},
		{name: "address of 3000 bytes", holder: func(h *card.Holder) { h.Address = string(bytes.Repeat([]byte("町"), 1000)) }, sex: 2},
		{name: "day unknown", holder: func(h *card.Holder) { h.BirthDate = "19850300" }, birth: date(1985, 3, 0), sex: 2},
		{name: "month and day unknown", holder: func(h *card.Holder) { h.BirthDate = "19850000" }, birth: date(1985, 0, 0), sex: 2},
		{name: "month unknown, day written", holder: func(h *card.Holder) { h.BirthDate = "19850014" }, birth: date(1985, 0, 0), sex: 2},
		{name: "date unknown", holder: func(h *card.Holder) { h.BirthDate = "00000000" }, noDate: true, sex: 2},
		{name: "date in spaces", holder: func(h *card.Holder) { h.BirthDate = "        " }, noDate: true, sex: 2},
		{name: "day in asterisks", holder: func(h *card.Holder) { h.BirthDate = "198503**" }, birth: date(1985, 3, 0), sex: 2},
		{name: "sex 0", holder: func(h *card.Holder) { h.Sex = "0" }, sex: 0},
		{name: "sex 1", holder: func(h *card.Holder) { h.Sex = "1" }, sex: 1},
		{name: "sex 3", holder: func(h *card.Holder) { h.Sex = "3" }, sex: 3},
		{name: "sex 9", holder: func(h *card.Holder) { h.Sex = "9" }, sex: 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, h := newDesk(t), resident()
			if tt.holder != nil {
				tt.holder(&h)
			}
			change := func(*cardauth.Files) {}
			if tt.files != nil {
				change = tt.files
			}
			p, err := d.verify(t, d.proveWith(t, d.issue(t, h), change))
			if err != nil {
				t.Fatal(err)
			}
			want := tt.birth
			if want.IsZero() && !tt.noDate {
				want = date(1985, 3, 14)
			}
			got := p.Applicant.Holder
			if got.Name.Reveal() != h.Name || p.Address.Reveal() != h.Address || got.BirthDate != want || got.Sex != tt.sex {
				t.Errorf("read otherwise than written: born %s, sex %d", got.BirthDate, got.Sex)
			}
		})
	}
}

// TestLeadingZerosEverywhere: the signed objects of EF0003 and EF0007 may have
// them too, and are hashed as they are.
func TestLeadingZerosEverywhere(t *testing.T) {
	d := newDesk(t)
	c := d.issue(t, resident())
	ev := d.proveWith(t, c, func(f *cardauth.Files) {
		sum := sha256.Sum256(f.EF0001)
		sums := append(card.LongTLV(0xDF31, sum[:]), f.EF0003[40:75]...)
		f.EF0003 = card.LongTLV(0xFF30, sums, card.TLV(0xDF33, must(t)(d.muni.Sign(sums))))
	})
	if _, err := d.verify(t, ev); err != nil {
		t.Error(err)
	}
}

// TestNextSuite: another row of algorithms and sizes, in an assumed layout,
// under the same steps; policy has to ask for it.
func TestNextSuite(t *testing.T) {
	d := newDesk(t)
	pki, err := card.NewNextPKI("9000053")
	if err != nil {
		t.Fatal(err)
	}
	muni, err := pki.NewMunicipality("90000")
	if err != nil {
		t.Fatal(err)
	}
	if d.Anchors, err = cardauth.ParseAnchors(card.AnchorsJSON(d.pki, pki), cert.Test); err != nil {
		t.Fatal(err)
	}
	c, err := muni.Issue(resident())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.verify(t, d.prove(t, c)); !errors.Is(err, cardauth.Error{Code: cardauth.CodeSuiteEnded}) {
		t.Errorf("without policy: %v", err)
	}
	d.Policy.Until = map[cardauth.Suite]cert.Date{
		cardauth.RSA2048SHA256: {Year: 2030, Month: 12, Day: 31}, cardauth.ECDSAP384SHA384: {Year: 2045, Month: 12, Day: 31},
	}
	if _, err := d.verify(t, d.prove(t, d.issue(t, resident()))); err != nil {
		t.Errorf("today's card beside the next: %v", err)
	}
	d.now = time.Date(2031, 1, 1, 0, 0, 0, 0, cert.JST())
	if _, err := d.verify(t, d.prove(t, c)); err != nil {
		t.Errorf("the next card, after RSA's end: %v", err)
	}
	last := func(b []byte) cardauth.Secret { return flip(b, len(b)-1) }
	for _, tt := range []struct {
		name  string
		files func(*cardauth.Files)    // before the card signs
		after func(*cardauth.Evidence) // after it
		want  cardauth.Code
	}{
		{"EF0004", func(f *cardauth.Files) { f.EF0004 = last(f.EF0004) }, nil, cardauth.CodeCertSig},
		{"EF0007", func(f *cardauth.Files) { f.EF0007 = last(f.EF0007) }, nil, cardauth.CodeAuthKeySig},
		{"EF0003", func(f *cardauth.Files) { f.EF0003 = last(f.EF0003) }, nil, cardauth.CodeContentSig},
		{"signature", nil, func(ev *cardauth.Evidence) { ev.Signature = last(ev.Signature) }, cardauth.CodeChallengeSig},
		{"no signature", nil, func(ev *cardauth.Evidence) { ev.Signature = nil }, cardauth.CodeChallengeSig},
		{"short signature", nil, func(ev *cardauth.Evidence) { ev.Signature = ev.Signature[:95] }, cardauth.CodeChallengeSig},
		{"long signature", nil, func(ev *cardauth.Evidence) { ev.Signature = append(ev.Signature, 0) }, cardauth.CodeChallengeSig},
		{"point off the curve", func(f *cardauth.Files) { f.EF0007 = must(t)(muni.EF0007(last(f.EF0007[9:108]))) }, nil, cardauth.CodeKeyUnsuitable},
		{"RSA key", func(f *cardauth.Files) { f.EF0007 = must(t)(muni.EF0007(make([]byte, 265))) }, nil, cardauth.CodeMalformed},
	} {
		if tt.files == nil {
			tt.files = func(*cardauth.Files) {}
		}
		ev := d.proveWith(t, c, tt.files)
		if tt.after != nil {
			tt.after(&ev)
		}
		if _, err := d.verify(t, ev); !errors.Is(err, cardauth.Error{Code: tt.want}) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestFilesOpenWithoutThePIN shows that having the files does not prove the
// PIN: with the numbers printed on a found card (照合番号A and B) every file opens,
// and the challenge signature needs neither. Nothing in the files says how they
// were opened, so no check of them can tell.
func TestFilesOpenWithoutThePIN(t *testing.T) {
	d, h := newDesk(t), resident()
	h.ExpiryYear, h.SecurityCode = "2035", "2285"
	found := d.issue(t, h).Reader()
	read := func(ief uint16, shown string, fids ...uint16) (files []cardauth.Secret) {
		t.Helper()
		if err := errors.Join(found.Select(), found.Verify(ief, shown)); err != nil {
			t.Fatal(err)
		}
		for _, fid := range fids {
			file, err := found.Read(fid)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		return files
	}
	a := read(0x0014, h.MyNumber, 0x0001, 0x0003, 0x0004, 0x0007)
	b := read(0x0015, card.MatchingNumberB(h), 0x0002)
	c, err := d.NewChallenge(t.Context(), cert.App, cert.PurposeCertificate)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := found.Sign(cardauth.BoundMessage(c.Bytes, a[1], a[3]))
	if err != nil {
		t.Fatal(err)
	}
	ev := cardauth.Evidence{Challenge: c.ID, Signature: sig, Files: cardauth.Files{EF0001: a[0], EF0002: b[0], EF0003: a[1], EF0004: a[2], EF0007: a[3]}}
	if _, err := d.verify(t, ev); err != nil {
		t.Fatalf("this no longer works; say so where it is documented: %v", err)
	}
}

// TestBoundMessageTiesDataAndKey: after the card has signed, neither EF0003
// nor EF0007 can be replaced by another genuine one.
func TestBoundMessageTiesDataAndKey(t *testing.T) {
	d, other := newDesk(t), resident()
	other.MyNumber = "123456789018"
	a, b := d.issue(t, resident()), d.issue(t, other)
	filesB, err := b.Reader().ReadAll("1234")
	if err != nil {
		t.Fatal(err)
	}
	for name, swap := range map[string]func(*cardauth.Evidence){
		"EF0003 with its data": func(ev *cardauth.Evidence) {
			ev.Files.EF0001, ev.Files.EF0002, ev.Files.EF0003 = filesB.EF0001, filesB.EF0002, filesB.EF0003
		},
		"EF0007":           func(ev *cardauth.Evidence) { ev.Files.EF0007 = filesB.EF0007 },
		"filler of EF0003": func(ev *cardauth.Evidence) { ev.Files.EF0003 = append(ev.Files.EF0003, 0xFF) },
		"filler of EF0007": func(ev *cardauth.Evidence) { ev.Files.EF0007 = append(ev.Files.EF0007, 0xFF) },
	} {
		ev := d.prove(t, a)
		swap(&ev)
		if _, err := d.verify(t, ev); !errors.Is(err, cardauth.Error{Code: cardauth.CodeChallengeSig}) {
			t.Errorf("%s replaced: %v", name, err)
		}
	}
	m := cardauth.BoundMessage([32]byte{1}, []byte("three"), []byte("seven"))
	three, seven := sha256.Sum256([]byte("three")), sha256.Sum256([]byte("seven"))
	if len(m) != 108 || string(m[:12]) != "kofu-card-v1" || m[12] != 1 || !bytes.Equal(m[44:76], three[:]) || !bytes.Equal(m[76:], seven[:]) {
		t.Errorf("message is % X", m)
	}
}

// TestOnceOnlyUnderConcurrency: of many who send the same evidence at once,
// one gets through.
func TestOnceOnlyUnderConcurrency(t *testing.T) {
	d := newDesk(t)
	ev := d.prove(t, d.issue(t, resident()))
	var passed, reused atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			_, err := d.verify(t, ev)
			switch {
			case err == nil:
				passed.Add(1)
			case errors.Is(err, cardauth.Error{Code: cardauth.CodeNonceReused}):
				reused.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() != 1 || reused.Load() != 31 {
		t.Errorf("%d passed, %d told it was used", passed.Load(), reused.Load())
	}
}

// TestChallengeIsUsedUpFirst: also by evidence that is no evidence at all.
func TestChallengeIsUsedUpFirst(t *testing.T) {
	d := newDesk(t)
	ev := d.prove(t, d.issue(t, resident()))
	if _, err := d.verify(t, cardauth.Evidence{Challenge: ev.Challenge}); !errors.Is(err, cardauth.Error{Code: cardauth.CodeMalformed}) {
		t.Errorf("nothing sent: %v", err)
	}
	if _, err := d.verify(t, ev); !errors.Is(err, cardauth.Error{Code: cardauth.CodeNonceReused}) {
		t.Errorf("good evidence afterwards: %v", err)
	}
}

func TestChallengesDiffer(t *testing.T) {
	d := newDesk(t)
	ids, values := make(map[cardauth.ChallengeID]bool), make(map[[32]byte]bool)
	for range 1000 {
		c := d.challenge(t)
		ids[c.ID], values[c.Bytes] = true, true
		if !c.Expires.Equal(d.now.Add(120 * time.Second)) {
			t.Fatalf("expires %v", c.Expires)
		}
	}
	if len(ids) != 1000 || len(values) != 1000 {
		t.Error("the same again")
	}
	for _, tt := range []struct {
		ch cert.Channel
		p  cert.Purpose
	}{{cert.Counter, cert.PurposeCertificate}, {cert.App, "transfer"}, {cert.App, ""}, {"", cert.PurposeCertificate}} {
		if _, err := d.NewChallenge(t.Context(), tt.ch, tt.p); !errors.Is(err, cardauth.ErrChallengePurpose) {
			t.Errorf("%q for %q: %v", tt.ch, tt.p, err)
		}
	}
}

// brokenStore is a challenge store that is down, or gives out the wrong one.
type brokenStore struct {
	err   error
	other cardauth.Challenge
}

func (s brokenStore) Put(context.Context, cardauth.Challenge) error { return s.err }
func (s brokenStore) Take(context.Context, cardauth.ChallengeID) (cardauth.Challenge, error) {
	return s.other, s.err
}

// TestStoreDownIsNoVerdict: nothing passes, and nobody is accused.
func TestStoreDownIsNoVerdict(t *testing.T) {
	d := newDesk(t)
	ev := d.prove(t, d.issue(t, resident()))
	for name, s := range map[string]brokenStore{
		"down":              {err: errors.New("connection refused")},
		"time-out":          {err: context.DeadlineExceeded},
		"empty answer":      {},
		"another challenge": {other: cardauth.Challenge{ID: "other", Bytes: [32]byte{1}, Expires: d.now.Add(time.Minute)}},
	} {
		d.Challenges = s
		p, err := d.verify(t, ev)
		if _, verdict := cardauth.CodeOf(err); p != nil || verdict || !errors.Is(err, cardauth.ErrChallengeStore) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := d.NewChallenge(t.Context(), cert.App, cert.PurposeCertificate); s.err != nil && !errors.Is(err, cardauth.ErrChallengeStore) {
			t.Errorf("%s, new challenge: %v", name, err)
		}
	}
}

func TestNotReadyWithoutAnchorsOrStore(t *testing.T) {
	d := newDesk(t)
	for name, v := range map[string]*cardauth.Verifier{
		"nothing": {}, "no store": {Anchors: d.Anchors}, "no anchors": {Challenges: d.store}, "empty anchors": {Anchors: &cardauth.Anchors{}, Challenges: d.store},
	} {
		_, err1 := v.Verify(t.Context(), cardauth.Evidence{}, cert.App, cert.PurposeCertificate)
		_, err2 := v.NewChallenge(t.Context(), cert.App, cert.PurposeCertificate)
		if !errors.Is(err1, cardauth.ErrNotReady) || !errors.Is(err2, cardauth.ErrNotReady) {
			t.Errorf("%s: %v, %v", name, err1, err2)
		}
	}
}
