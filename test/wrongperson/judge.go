// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
)

// judge holds what came against who asked. It knows the published keys, and
// nothing of what the service thought.
type judge struct {
	keys    shc.KeySet
	signers map[cert.Channel][]byte
	pages   *pages
}

func newJudge(s *Site, jwks []byte) (*judge, error) {
	keys, err := shc.ParseKeySet(jwks)
	if err != nil {
		return nil, err
	}
	j := &judge{keys: keys, signers: map[cert.Channel][]byte{}}
	if j.pages, err = newPages(); err != nil {
		return nil, err
	}
	for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
		data, err := os.ReadFile(s.path("keys", "vdsnc-"+string(ch)+".crt.pem"))
		block, _ := pem.Decode(data)
		if err != nil || block == nil {
			return nil, errors.Join(err, errors.New("wrongperson: no certificate of the signer"))
		}
		j.signers[ch] = block.Bytes
	}
	return j, nil
}

func differs(what string, got, want any) error {
	return fmt.Errorf("%s is %q, want %q", what, fmt.Sprint(got), fmt.Sprint(want))
}

// reveal is a text of a person who is made up.
func reveal(p cert.Private) string { return p.Reveal() }

// healthCard judges what a SMART Health Cards symbol holds.
func (j *judge) healthCard(a *asking, text string) error {
	jws, err := shc.FromNumeric(text)
	if err != nil {
		return err
	}
	c, err := shc.Parse(jws)
	if err != nil {
		return err
	}
	if err := c.Verify(j.keys); err != nil {
		return err
	}
	want, name := a.Name, reveal(c.Patient.Text)
	between := "\u3000"
	if a.kind == cert.Overseas {
		want, between = reveal(a.Passport.Latin()), " "
	}
	if name == "" {
		name = reveal(c.Patient.Family) + between + reveal(c.Patient.Given)
	}
	if name != want {
		return differs("the health card's name", name, want)
	}
	if c.Patient.BirthDate != a.Birth.String() {
		return differs("the health card's birth date", c.Patient.BirthDate, a.Birth)
	}
	var got, due []string
	for _, d := range c.Doses {
		got = append(got, d.Date+" "+d.Lot)
	}
	for _, d := range a.shown() {
		due = append(due, d.Date+" "+d.Lot)
	}
	if !slices.Equal(got, due) {
		return differs("the health card's doses", got, due)
	}
	return nil
}

// travelSeal judges what a VDS-NC symbol holds, and returns the certificate
// ID in it.
func (j *judge) travelSeal(a *asking, text string) (id string, err error) {
	if a.kind != cert.Overseas {
		return "", errors.New("a VDS-NC for a domestic certificate")
	}
	doc, err := vdsnc.Parse([]byte(text))
	if err != nil {
		return "", err
	}
	if r := doc.Verify(vdsnc.Trust{Signers: [][]byte{j.signers[a.door]}}, time.Now()); !r.Signature {
		return "", errors.New("the signature of a VDS-NC is not good")
	}
	name, err := vdsnc.Name(a.Passport.Primary, a.Passport.Secondary)
	if err != nil {
		return "", err
	}
	if reveal(doc.Person.Name) != name || doc.Person.Number != a.Passport.Number || reveal(doc.Person.BirthDate) != a.Birth.String() {
		return "", differs("the person of the VDS-NC", reveal(doc.Person.Name)+" "+reveal(doc.Person.Number), name+" "+reveal(a.Passport.Number))
	}
	var got, due []string
	for _, d := range doc.Doses {
		got = append(got, d.Date.String()+" "+d.Lot)
	}
	for _, d := range a.shown() {
		due = append(due, d.Date+" "+d.Lot)
	}
	if !slices.Equal(got, due) {
		return "", differs("the doses of the VDS-NC", got, due)
	}
	return doc.Person.OtherID, nil
}

// What a text on paper looks like that is somebody's alone.
var (
	lotForm  = regexp.MustCompile(`^KC[0-9]{7}[A-G]$`)
	nameForm = regexp.MustCompile(`^(架空|見本|例示|試験|仮名|雛形|設定|想定|模擬|𠮷例|髙例|山﨑例)　`)
	passForm = regexp.MustCompile(`^ZZ[0-9]{7}$`)
	idForm   = regexp.MustCompile(`^JPN[0-9]{20}$`)
)

// sheet judges a paper: every text and every symbol on it. It returns what
// the symbols say.
func (j *judge) sheet(a *asking, file []byte) (symbols []string, err error) {
	page, err := pdf.Read(file)
	if err != nil {
		return nil, err
	}
	var id string
	for _, m := range page.Symbols {
		text, err := qr.Read(m)
		if err != nil {
			return nil, err
		}
		symbols = append(symbols, text)
		if strings.HasPrefix(text, "shc:/") {
			err = j.healthCard(a, text)
		} else {
			id, err = j.travelSeal(a, text)
		}
		if err != nil {
			return nil, err
		}
	}
	if want := map[cert.Kind]int{cert.Domestic: 1, cert.Overseas: 2}[a.kind]; len(symbols) != want {
		return nil, differs("the number of symbols", len(symbols), want)
	}
	if err := a.texts(page.Runs, id); err != nil {
		return symbols, err
	}
	return symbols, j.pages.whole(a, file, page, symbols)
}

// texts judges what is printed. id is what a symbol has said, or "".
func (a *asking) texts(runs []pdf.Run, id string) error {
	var lots, due []string
	seen := map[string]bool{}
	for _, r := range runs {
		seen[r.Text] = true
		switch {
		case lotForm.MatchString(r.Text):
			lots = append(lots, r.Text)
		case nameForm.MatchString(r.Text) && r.Text != a.Name:
			return differs("a name on paper", r.Text, a.Name)
		case passForm.MatchString(r.Text) && (a.kind != cert.Overseas || r.Text != reveal(a.Passport.Number)):
			return differs("a passport on paper", r.Text, a.ID)
		case idForm.MatchString(r.Text) && id != "" && r.Text != id:
			return differs("the certificate ID on paper", r.Text, id)
		}
	}
	for _, d := range a.shown() {
		due = append(due, d.Lot)
	}
	if slices.Sort(lots); !slices.Equal(lots, due) {
		return differs("lots on paper", lots, due)
	}
	must := []string{a.Name, a.Birth.String()}
	if a.kind == cert.Overseas {
		must = append(must, reveal(a.Passport.Number))
	}
	for _, text := range must {
		if !seen[text] {
			return differs("what is not on paper", text, "")
		}
	}
	return nil
}
