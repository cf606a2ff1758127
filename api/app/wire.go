// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
	"kofu/cert/shc"
)

// What a request body may be refused for.
var (
	ErrBody      = errors.New("app: body is not what the contract says")
	ErrMediaType = errors.New("app: body is not application/json")
	ErrTooLarge  = errors.New("app: body is too large")
)

// MaxBody is the largest request body, in bytes.
const MaxBody = 64 << 10

type challengeResponse struct {
	ID        string    `json:"challenge_id"`
	Challenge []byte    `json:"challenge"`
	ExpiresAt time.Time `json:"expires_at"`

	// What the card is to be given to sign, and what of it is sent.
	Binding cardauth.Binding `json:"binding"`
}

type deviceRequest struct {
	cert.Redacted `json:"-"`
	Platform      attest.Platform `json:"platform"`
	Challenge     string          `json:"challenge_id"`
	Attestation   []byte          `json:"attestation"`
	KeyID         []byte          `json:"key_id"`
	Key           []byte          `json:"key"`
}

func (r *deviceRequest) check() error {
	ios, android := r.Platform == attest.IOS, r.Platform == attest.Android
	if r.Challenge == "" || len(r.Challenge) > 64 || !ios && !android || len(r.Attestation) == 0 ||
		ios != (len(r.KeyID) > 0) || android != (len(r.Key) > 0) {
		return ErrBody
	}
	return nil
}

type deviceResponse struct {
	Credential string    `json:"credential"`
	ExpiresAt  time.Time `json:"expires_at"`
}

// proofJSON is what a request carries of its device. It is embedded in requests.
type proofJSON struct {
	Credential string `json:"credential"`
	Assertion  []byte `json:"assertion"`
}

func (p *proofJSON) proof() attest.Proof {
	return attest.Proof{Credential: p.Credential, Assertion: p.Assertion}
}

type surfaceJSON struct {
	cert.Redacted `json:"-"`
	Birth         []byte `json:"birth"`
	Sex           []byte `json:"sex"`
	Key           []byte `json:"key"`
	Pictures      []byte `json:"pictures"`
	Photo         []byte `json:"photo"`
	Signature     []byte `json:"signature"`
	EF0004        []byte `json:"ef0004"`
}

// files lists the parts in the order of attest.ApplicationHash.
func (s *surfaceJSON) files() [][]byte {
	if s == nil {
		return nil
	}
	return [][]byte{s.Birth, s.Sex, s.Key, s.Pictures, s.Photo, s.Signature, s.EF0004}
}

type chipJSON struct {
	cert.Redacted `json:"-"`
	SOD           []byte `json:"sod"`
	DG1           []byte `json:"dg1"`
}

// files lists the parts in the order of attest.ApplicationHash.
func (c *chipJSON) files() [][]byte {
	if c == nil {
		return nil
	}
	return [][]byte{c.SOD, c.DG1}
}

type cardJSON struct {
	cert.Redacted `json:"-"`
	EF0001        []byte `json:"ef0001"`
	EF0002        []byte `json:"ef0002"`
	EF0003        []byte `json:"ef0003"`
	EF0004        []byte `json:"ef0004"`
	EF0007        []byte `json:"ef0007"`
	Signature     []byte `json:"signature"`

	Surface *surfaceJSON `json:"surface"`
}

// files lists the parts in the order of attest.ApplicationHash.
func (c *cardJSON) files() [][]byte {
	return append([][]byte{c.EF0001, c.EF0002, c.EF0003, c.EF0004, c.EF0007}, c.Surface.files()...)
}

type applicationRequest struct {
	cert.Redacted `json:"-"`
	Challenge     string   `json:"challenge_id"`
	Device        string   `json:"device"`
	Card          cardJSON `json:"card"`
	Kind          string   `json:"kind"`
	Municipality  string   `json:"municipality"`
	MRZ           []string `json:"mrz"`

	Chip *chipJSON `json:"passport_chip"`
	proofJSON
}

var (
	deviceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,256}$`)
	townForm   = regexp.MustCompile(`^[0-9]{6}$`)
)

// check refuses a body that lacks a member or has one of another form than the
// contract says.
func (r *applicationRequest) check() error {
	c := &r.Card
	needed := slices.Concat([][]byte{c.EF0001, c.EF0002, c.EF0003, c.EF0004, c.Signature}, c.Surface.files(), r.Chip.files())
	if c.Surface == nil { // else the surface application's key has signed
		needed = append(needed, c.EF0007)
	}
	for _, file := range needed {
		if len(file) == 0 {
			return ErrBody
		}
	}
	if r.Challenge == "" || len(r.Challenge) > 64 || !deviceForm.MatchString(r.Device) || !cert.Kind(r.Kind).Valid() ||
		!townForm.MatchString(r.Municipality) || r.MRZ != nil && len(r.MRZ) != 2 || r.Chip != nil && cert.Kind(r.Kind) != cert.Overseas {
		return ErrBody
	}
	return nil
}

func (r *applicationRequest) wipe() {
	for _, file := range slices.Concat(r.Card.files(), r.Chip.files(), [][]byte{r.Card.Signature}) {
		clear(file)
	}
}

// evidence shares the request's bytes: wiping the request wipes it too.
func (r *applicationRequest) evidence() cardauth.Evidence {
	ev := cardauth.Evidence{
		Files:     cardauth.Files{EF0001: r.Card.EF0001, EF0002: r.Card.EF0002, EF0003: r.Card.EF0003, EF0004: r.Card.EF0004, EF0007: r.Card.EF0007},
		Signature: r.Card.Signature, Challenge: cardauth.ChallengeID(r.Challenge),
	}
	if s := r.Card.Surface; s != nil {
		ev.Surface = &cardauth.SurfaceFiles{Birth: s.Birth, Sex: s.Sex, Key: s.Key, Pictures: s.Pictures, Photo: s.Photo, Signature: s.Signature, EF0004: s.EF0004}
	}
	return ev
}

// chip shares the request's bytes, too.
func (r *applicationRequest) chip() *passport.Chip {
	return &passport.Chip{SOD: r.Chip.SOD, DG1: r.Chip.DG1}
}

// hash is what the device's key has signed of the request.
func (r *applicationRequest) hash(challenge [32]byte) [32]byte {
	return attest.ApplicationHash(challenge, r.Card.files(), r.MRZ, r.Chip.files(), r.Kind, r.Municipality)
}

type applicationResponse struct {
	Preview   previewJSON `json:"preview"`
	Sealed    string      `json:"sealed_application"`
	ExpiresAt time.Time   `json:"expires_at"`
}

type previewJSON struct {
	Kind         cert.Kind        `json:"kind"`
	Municipality municipalityJSON `json:"municipality"`
	Name         string           `json:"name"`
	BirthDate    string           `json:"birth_date"`
	Passport     *passportJSON    `json:"passport,omitempty"`
	Doses        []doseJSON       `json:"doses"`
	Earlier      bool             `json:"earlier_doses"`
	Substituted  bool             `json:"name_substituted"`

	Notes   []noteJSON `json:"notes,omitempty"`
	Contact *textJSON  `json:"contact,omitempty"`
}

// noteJSON is what looks wrong and does not hinder.
type noteJSON struct {
	Code string   `json:"code"`
	Dose int      `json:"dose,omitempty"`
	Text textJSON `json:"text"`
}

type textJSON struct {
	Ja string `json:"ja"`
	En string `json:"en"`
}

type passportJSON struct {
	Name        string `json:"name"`
	Number      string `json:"number"`
	Nationality string `json:"nationality"`

	Source   passport.Source    `json:"source"`
	Warnings []passport.Warning `json:"warnings,omitempty"`
}

type doseJSON struct {
	Number    int    `json:"number"`
	Date      string `json:"date"`
	Vaccine   string `json:"vaccine"`
	VaccineEn string `json:"vaccine_en"`
	Maker     string `json:"manufacturer"`
	MakerEn   string `json:"manufacturer_en"`
	Product   string `json:"product"`
	ProductEn string `json:"product_en"`
	Lot       string `json:"lot"`
	Country   string `json:"country"`
}

func preview(p *issuance.Preview, read passport.Reading) previewJSON {
	out := previewJSON{
		Kind: p.Kind, Municipality: town(p.Municipality), Name: p.Holder.Name.Reveal(), BirthDate: p.Holder.BirthDate.String(),
		Earlier: p.Earlier, Substituted: p.Substituted, Doses: make([]doseJSON, 0, len(p.Doses)),
	}
	for _, f := range p.Notes {
		r, _ := cert.FindingRuleOf(f.Code)
		out.Notes = append(out.Notes, noteJSON{f.Code, f.Dose, textJSON{r.Ja, r.En}})
		out.Contact = &textJSON{p.Municipality.ContactJa, p.Municipality.ContactEn}
	}
	if p.Passport != nil {
		out.Passport = &passportJSON{p.Passport.Latin().Reveal(), p.Passport.Number.Reveal(), p.Passport.Nationality, read.Source, read.Warnings}
	}
	for _, d := range p.Doses {
		out.Doses = append(out.Doses, doseJSON{d.Number, d.Date.String(), d.Vaccine.TypeJa, d.Vaccine.TypeEn, d.Vaccine.MakerJa, d.Vaccine.MakerEn,
			d.Vaccine.ProductJa, d.Vaccine.ProductEn, d.Lot, d.Country})
	}
	return out
}

type certificateRequest struct {
	cert.Redacted `json:"-"`
	Sealed        string `json:"sealed_application"`
	Device        string `json:"device"`
	PDF           bool   `json:"pdf"`
	proofJSON
}

func (r *certificateRequest) check() error { return checkSealed(r.Sealed, r.Device) }

func checkSealed(sealed, device string) error {
	if sealed == "" || !deviceForm.MatchString(device) {
		return ErrBody
	}
	return nil
}

type discardRequest struct {
	cert.Redacted `json:"-"`
	Sealed        string `json:"sealed_application"`
	Device        string `json:"device"`
	proofJSON
}

func (r *discardRequest) check() error { return checkSealed(r.Sealed, r.Device) }

type certificateResponse struct {
	ID       cert.ID   `json:"certificate_id"`
	Kind     cert.Kind `json:"kind"`
	IssuedAt time.Time `json:"issued_at"`
	SHC      shcJSON   `json:"shc"`
	VDSNC    string    `json:"vdsnc,omitempty"`
	PDF      []byte    `json:"pdf,omitempty"`
}

type shcJSON struct {
	JWS      string `json:"jws"`
	QR       string `json:"qr"`
	File     string `json:"file"`
	DeepLink string `json:"deep_link"`
}

func certificate(i *issuance.Issued, base string) certificateResponse {
	return certificateResponse{
		ID: i.ID, Kind: i.Kind, IssuedAt: i.IssuedAt.UTC(), VDSNC: string(i.VDSNC), PDF: i.PDF,
		SHC: shcJSON{i.SHC, i.SHCText, string(shc.File(i.SHC)), shc.DeepLink(base, i.SHC)},
	}
}

type municipalityJSON struct {
	Code string `json:"code"`
	Name string `json:"name"`
	En   string `json:"name_en"`
}

func town(m municipality.Municipality) municipalityJSON {
	return municipalityJSON{string(m.Code), m.NameJa, m.NameEn}
}

// request is a body of the contract.
type request interface{ check() error }

// nothing is the body of a call that needs none.
type nothing struct{}

func (*nothing) check() error { return nil }

// firstRead is what is set aside for a body of which nothing has come yet.
const firstRead = 4 << 10

// readBody reads to the end, into a buffer that grows with what comes: who says
// that much will come, and sends nothing, costs little. What is outgrown is
// wiped; what is returned is for the caller to wipe, also with an error.
func readBody(r io.Reader) ([]byte, error) {
	body := make([]byte, 0, firstRead)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return body, err
		case len(body) == cap(body):
			grown := append(make([]byte, 0, 2*cap(body)), body...)
			clear(body)
			body = grown
		}
	}
}

// decode reads a body strictly: JSON media type, at most MaxBody bytes, no
// unknown or doubled member, nothing missing, nothing after the value. The raw
// bytes, which may hold card files, are wiped.
func decode(c *gin.Context, v request) error {
	if c.Request.ContentLength > MaxBody { // no need to wait for it
		return ErrTooLarge
	}
	body, err := readBody(http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody))
	defer clear(body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return ErrTooLarge
	}
	if err != nil {
		return ErrBody
	}
	if _, none := v.(*nothing); none && len(body) == 0 {
		return nil
	}
	if t, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || t != "application/json" {
		return ErrMediaType
	}
	if err := json.Unmarshal(body, v, json.RejectUnknownMembers(true)); err != nil {
		return ErrBody // the library's text may quote the body
	}
	return v.check()
}

func answer(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return errors.New("app: encode the answer")
	}
	c.Header("Cache-Control", "no-store")
	c.Data(status, "application/json; charset=utf-8", body)
	return nil
}
