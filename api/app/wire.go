// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"

	"kofu/cardauth"
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
}

type cardJSON struct {
	EF0001    []byte `json:"ef0001"`
	EF0002    []byte `json:"ef0002"`
	EF0003    []byte `json:"ef0003"`
	EF0004    []byte `json:"ef0004"`
	EF0007    []byte `json:"ef0007"`
	Signature []byte `json:"signature"`
}

type applicationRequest struct {
	Challenge    string   `json:"challenge_id"`
	Device       string   `json:"device"`
	Card         cardJSON `json:"card"`
	Kind         string   `json:"kind"`
	Municipality string   `json:"municipality"`
	MRZ          []string `json:"mrz,omitzero"`
}

func (r *applicationRequest) evidence() cardauth.Evidence {
	return cardauth.Evidence{
		Files:     cardauth.Files{EF0001: r.Card.EF0001, EF0002: r.Card.EF0002, EF0003: r.Card.EF0003, EF0004: r.Card.EF0004, EF0007: r.Card.EF0007},
		Signature: r.Card.Signature, Challenge: cardauth.ChallengeID(r.Challenge),
	}
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
}

type passportJSON struct {
	Name        string `json:"name"`
	Number      string `json:"number"`
	Nationality string `json:"nationality"`
}

type doseJSON struct {
	Number       int    `json:"number"`
	Date         string `json:"date"`
	Vaccine      string `json:"vaccine"`
	VaccineEn    string `json:"vaccine_en"`
	Manufacturer string `json:"manufacturer"`
	Product      string `json:"product"`
	ProductEn    string `json:"product_en"`
	Lot          string `json:"lot"`
	Country      string `json:"country"`
}

func preview(p *issuance.Preview) previewJSON {
	out := previewJSON{
		Kind: p.Kind, Municipality: town(p.Municipality), Name: p.Holder.Name.Reveal(), BirthDate: p.Holder.BirthDate.String(),
		Earlier: p.Earlier, Doses: make([]doseJSON, 0, len(p.Doses)),
	}
	if p.Passport != nil {
		out.Passport = &passportJSON{p.Passport.Latin().Reveal(), p.Passport.Number.Reveal(), p.Passport.Nationality}
	}
	for _, d := range p.Doses {
		out.Doses = append(out.Doses, doseJSON{d.Number, d.Date.String(), d.Vaccine.TypeJa, d.Vaccine.TypeEn, d.Vaccine.MakerJa,
			d.Vaccine.ProductJa, d.Vaccine.ProductEn, d.Lot, d.Country})
	}
	return out
}

type certificateRequest struct {
	Sealed string `json:"sealed_application"`
	Device string `json:"device"`
	PDF    bool   `json:"pdf,omitzero"`
}

type discardRequest struct {
	Sealed string `json:"sealed_application"`
	Device string `json:"device"`
}

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

// decode reads a body strictly: JSON media type, at most MaxBody bytes, no
// unknown or doubled member, nothing after the value. The raw bytes are wiped:
// they may hold card files.
func decode(c *gin.Context, v any) error {
	if t, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || t != "application/json" {
		return ErrMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody))
	defer clear(body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return ErrTooLarge
	}
	if err != nil {
		return ErrBody
	}
	if err := json.Unmarshal(body, v, json.RejectUnknownMembers(true)); err != nil {
		return ErrBody // the library's text may quote the body
	}
	return nil
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
