// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
)

// MaxSize is the most that [Parse] reads, in bytes. A symbol holds 2953.
const MaxSize = 64 << 10

// MalformedError says which part of a document is not as the standard has it.
// What is one of a fixed set of phrases and holds nothing of the document.
type MalformedError struct{ What string }

// Error implements error.
func (e *MalformedError) Error() string { return "vdsnc: malformed: " + e.What }

func malformed(what string) error { return &MalformedError{What: what} }

type (
	readDocument struct {
		Data jsontext.Value `json:"data"`
		Sig  *readSignature `json:"sig"`
	}
	readSignature struct {
		Alg   string `json:"alg"`
		Cer   string `json:"cer"`
		Sigvl string `json:"sigvl"`
	}
	readHeader struct {
		T  string         `json:"t"`
		V  jsontext.Value `json:"v"`
		Is string         `json:"is"`
	}
	readData struct {
		Hdr *readHeader `json:"hdr"`
		Msg *struct {
			UVCI string `json:"uvci"`
			PID  *struct {
				N   string `json:"n"`
				DOB string `json:"dob"`
				Sex string `json:"sex"`
				I   string `json:"i"`
				AI  string `json:"ai"`
			} `json:"pid"`
			VE []struct {
				Des string `json:"des"`
				Nam string `json:"nam"`
				Dis string `json:"dis"`
				VD  []struct {
					DVC string         `json:"dvc"`
					Seq jsontext.Value `json:"seq"`
					Ctr string         `json:"ctr"`
					Adm string         `json:"adm"`
					Lot string         `json:"lot"`
				} `json:"vd"`
			} `json:"ve"`
		} `json:"msg"`
	}
)

// Parse reads a document. Every error is a [*MalformedError].
//
// "v" may be any spelling of the number 1, 1.0 too, but no text; "seq" a
// number or a text of digits; "dvc" is a date, partial ones included, and no
// date with a time.
func Parse(data []byte) (*Document, error) {
	if len(data) > MaxSize {
		return nil, malformed("larger than 64 KiB")
	}
	value, err := object(data)
	if err != nil {
		return nil, err
	}
	var in readDocument
	if err := json.Unmarshal(value, &in); err != nil {
		return nil, malformed("data or sig: a member has the wrong type")
	}
	if in.Data.Kind() != '{' || in.Sig == nil {
		return nil, malformed("data or sig is missing")
	}
	d := new(Document)
	if err := d.readData(in.Data); err != nil {
		return nil, err
	}
	if err := d.readSignature(in.Sig); err != nil {
		return nil, err
	}
	d.Signed = in.Data.Clone()
	if err := (*jsontext.Value)(&d.Signed).Canonicalize(); err != nil {
		return nil, malformed("data has no canonical form")
	}
	whole := value.Clone()
	d.RFC8785 = whole.Canonicalize() == nil && bytes.Equal(whole, data)
	return d, nil
}

// object returns the JSON object in data, taken out of an array of one.
func object(data []byte) (jsontext.Value, error) {
	value := jsontext.Value(bytes.TrimSpace(data))
	if !value.IsValid() { // duplicate names and trailing data, too
		return nil, malformed("not JSON, or with a name twice")
	}
	if value.Kind() == '[' {
		var list []jsontext.Value
		if err := json.Unmarshal(value, &list); err != nil || len(list) != 1 {
			return nil, malformed("an array, not of one document")
		}
		value = list[0]
	}
	if value.Kind() != '{' {
		return nil, malformed("not a JSON object")
	}
	return value, nil
}

func (d *Document) readData(data jsontext.Value) error {
	var in readData
	if err := json.Unmarshal(data, &in); err != nil {
		return malformed("data: a member has the wrong type")
	}
	switch {
	case in.Hdr == nil:
		return malformed("data.hdr is missing")
	case in.Hdr.T != "icao.vacc":
		return malformed("data.hdr.t is not icao.vacc")
	case !isOne(in.Hdr.V):
		return malformed("data.hdr.v is not 1")
	case in.Hdr.Is == "":
		return malformed("data.hdr.is is missing")
	case in.Msg == nil:
		return malformed("data.msg is missing")
	case in.Msg.UVCI == "":
		return malformed("data.msg.uvci is missing")
	case in.Msg.PID == nil || in.Msg.PID.N == "":
		return malformed("data.msg.pid.n is missing")
	case in.Msg.PID.DOB == "" && in.Msg.PID.I == "":
		return malformed("data.msg.pid has neither dob nor i")
	}
	p := in.Msg.PID
	d.Issuer, d.UVCI = in.Hdr.Is, in.Msg.UVCI
	d.Person = Person{Name: cert.Private(p.N), BirthDate: cert.Private(p.DOB), Sex: p.Sex, Number: cert.Private(p.I), OtherID: p.AI}
	for _, e := range in.Msg.VE {
		for _, v := range e.VD {
			date, err := cert.ParseDate(v.DVC)
			if err != nil {
				return malformed("data.msg.ve.vd.dvc is not a date")
			}
			d.Doses = append(d.Doses, Dose{
				Prophylaxis: e.Des, Brand: e.Nam, Disease: e.Dis, Date: date,
				Sequence: sequence(v.Seq), Country: v.Ctr, Authority: v.Adm, Lot: v.Lot,
			})
		}
	}
	if len(d.Doses) == 0 {
		return malformed("data.msg.ve has no vaccination")
	}
	return nil
}

// isOne reports whether v is the number 1, however it is spelled: RFC 8785
// makes one spelling of all before the signature.
func isOne(v jsontext.Value) bool {
	if v.Kind() != '0' {
		return false
	}
	n, err := strconv.ParseFloat(string(v), 64)
	return err == nil && n == 1
}

var sequenceForm = regexp.MustCompile(`^"?([0-9]{1,2})"?$`)

// sequence reads an integer or, as the report has it, a string of digits.
func sequence(v jsontext.Value) int {
	m := sequenceForm.FindSubmatch(v)
	if m == nil {
		return 0
	}
	n := 0
	for _, c := range m[1] {
		n = n*10 + int(c-'0')
	}
	return n
}

func (d *Document) readSignature(in *readSignature) error {
	size := 0
	switch in.Alg {
	case "ES256":
		size, d.hash = 64, crypto.SHA256
	case "ES384":
		size, d.hash = 96, crypto.SHA384
	case "ES512":
		size, d.hash = 132, crypto.SHA512
	case "":
		return malformed("sig.alg is missing")
	default:
		return malformed("sig.alg is not ES256, ES384 or ES512")
	}
	var ok bool
	if d.Signer, ok = debase(in.Cer); !ok || len(d.Signer) == 0 {
		return malformed("sig.cer is not base64url")
	}
	if d.sigvl, ok = debase(in.Sigvl); !ok {
		return malformed("sig.sigvl is not base64url")
	}
	if len(d.sigvl) != size {
		return malformed("sig.sigvl has not the length of sig.alg")
	}
	var err error
	if d.signer, err = parseCertificate(d.Signer); err != nil {
		return malformed("sig.cer is not an X.509 certificate")
	}
	if d.key, err = parsePublicKey(d.signer.spki); err != nil {
		return malformed("sig.cer has a key of an unknown kind")
	}
	d.Alg = in.Alg
	return nil
}

// debase decodes base64 of either alphabet, padded or not: Japan's own
// documents pad the certificate and not the signature. The signature does not
// cover these texts, so nothing else is let pass that would be a second
// spelling of the same bytes: no loose bits, line breaks or needless padding.
func debase(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") { // the decoder would skip them
		return nil, false
	}
	enc := base64.URLEncoding
	if strings.ContainsAny(s, "+/") {
		enc = base64.StdEncoding
	}
	if !strings.HasSuffix(s, "=") {
		enc = enc.WithPadding(base64.NoPadding)
	}
	b, err := enc.Strict().DecodeString(s)
	return b, err == nil
}
