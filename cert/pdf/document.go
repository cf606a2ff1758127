// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"kofu/cert"
	"kofu/cert/qr"
)

// Errors of [Renderer.Render], wrapped with the name of the item, never with
// what it holds.
var (
	ErrDocument = errors.New("pdf: not something to print")   // an item is missing or contradicts the kind
	ErrNoRoom   = errors.New("pdf: does not fit on the page") // even in the smallest type
)

//go:embed font/NotoSansJP_400Regular.ttf
var notoSansJP []byte

// maxFont bounds the size of a font file: IPAmj Mincho has 46 MB.
const maxFont = 128 << 20

// Config is what a [Renderer] is made from.
type Config struct {
	// Fallbacks are paths of further TrueType fonts, asked in this order for
	// what the embedded font lacks, such as IPAmj Mincho (文字情報基盤) for rare
	// name characters. Fonts with CFF outlines and collections are refused.
	Fallbacks []string

	// Symbols writes the symbols; nil is a [qr.Encoder] of the Renderer's own.
	Symbols SymbolWriter
}

// SymbolWriter turns text into the smallest symbol of a level that holds it,
// always the same for the same text, or returns one of package qr's errors. Its
// Name differs from that of every writer that makes other symbols. It is safe
// for concurrent use.
type SymbolWriter interface {
	Name() string
	Encode(text string, l qr.Level) (*qr.Matrix, error)
}

// Renderer writes certificates. It is safe for concurrent use: after [New]
// nothing in it changes.
type Renderer struct {
	fonts   []*font     // the embedded one first
	proofs  []*typeface // the same, as the reader reads them
	symbols SymbolWriter
	version string
	lent    *lent

	templates  map[pageVariant]*template
	background *background
	tags       []string   // names of the documents' own fonts
	writings   *sync.Pool // of *writing, cleared
}

// Version names the fonts, the copy-evident background, the writer of the
// symbols and what all files of a kind begin with: SHA-256 in hexadecimal. With the same of these and the same program
// the same document gives the same bytes.
func (r *Renderer) Version() string { return r.version }

// New parses the fonts, and has gofpdf draw what pages have in common, all once
// for all documents.
func New(c Config) (*Renderer, error) {
	noto, err := parseFont(notoSansJP)
	if err != nil {
		return nil, fmt.Errorf("pdf: parse the embedded font: %w", err)
	}
	r := &Renderer{symbols: c.Symbols, lent: new(lent)}
	if r.symbols == nil {
		r.symbols = qr.NewEncoder()
	}
	sum := sha256.New()
	add := func(f *font, data []byte) bool {
		proof, ok := openTypeface(data)
		r.fonts, r.proofs = append(r.fonts, f), append(r.proofs, proof)
		sum.Write(data)
		return ok
	}
	if !add(noto, notoSansJP) {
		return nil, fmt.Errorf("pdf: parse the embedded font: %w", ErrFont)
	}
	for _, path := range c.Fallbacks {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("pdf: read fallback font: %w", err)
		}
		if info.Size() > maxFont {
			return nil, fmt.Errorf("pdf: read fallback font %s: %w", path, ErrFont)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("pdf: read fallback font: %w", err)
		}
		f, err := parseFont(data)
		if err != nil {
			return nil, fmt.Errorf("pdf: parse fallback font %s: %w", path, err)
		}
		if !add(f, data) {
			return nil, fmt.Errorf("pdf: parse fallback font %s: %w", path, ErrFont)
		}
	}
	picture, err := band()
	if err != nil {
		return nil, err
	}
	sum.Write(picture)
	sum.Write([]byte(r.symbols.Name()))
	if err := r.prepare(picture); err != nil {
		return nil, err
	}
	for _, v := range pageVariants() {
		sum.Write(r.templates[v].start.b)
	}
	r.version = hex.EncodeToString(sum.Sum(nil))
	return r, nil
}

// prepare makes what all documents share, of the fonts.
func (r *Renderer) prepare(picture []byte) (err error) {
	for i := range r.fonts {
		r.tags = append(r.tags, "BAAAAA+kofu"+strconv.Itoa(i))
	}
	r.writings = newWritings(r.fonts)
	if r.background, err = newBackground(picture); err != nil {
		return err
	}
	return r.makeTemplates()
}

// Printable reports, with a [*GlyphError], the first character of texts that
// could not be printed: before any fee is asked (R5.2).
func (r *Renderer) Printable(texts ...cert.Private) error {
	for _, t := range texts {
		if _, _, err := shape(r.fonts, t.Reveal()); err != nil {
			return err
		}
	}
	return nil
}

// Substituted reports whether texts hold a variation sequence that no font
// knows (葛 with U+E0101 where only U+E0100 is known), so that the page would
// show the character in its usual form. Such a name may be printed, since it
// means the same; but whoever it belongs to has to be told before anything is
// signed. The sequence itself stays: in what is signed, and in the text that
// the page carries beside the glyphs. Texts that cannot be printed at all
// ([Renderer.Printable]) do not count.
func (r *Renderer) Substituted(texts ...cert.Private) bool {
	for _, t := range texts {
		if _, substituted, err := shape(r.fonts, t.Reveal()); err == nil && substituted {
			return true
		}
	}
	return false
}

// Document is one page to print. Where [cert.Certificate] has a name Written,
// the page shows that name and bears no symbol (E8): SHC and VDSNC are empty
// then, and only then.
type Document struct {
	cert.Redacted
	Certificate *cert.Certificate
	SHC         string // "shc:/" and digits: the text of the SMART Health Cards symbol
	VDSNC       string // the JSON of the VDS-NC symbol; overseas only
	Specimen    bool   // 見本 across the page: test keys have signed

	// CopyEvident asks for the copy-evident background (複写けん制): a light
	// screen over the page in which 複写 and COPY show on a photocopy.
	CopyEvident bool
}

// Render returns the finished file: one A4 page, always the same bytes for
// the same document. It returns [ErrDocument], [ErrNoRoom] or a
// [*GlyphError].
func (r *Renderer) Render(d Document) ([]byte, error) {
	if err := complete(d); err != nil {
		return nil, err
	}
	shc, vdsnc, err := r.encode(d)
	if err != nil {
		return nil, err
	}
	return r.render(d, shc, vdsnc)
}

// complete checks that a document has what its kind needs and nothing that
// its kind must not show.
func complete(d Document) error {
	missing := func(item string) error { return fmt.Errorf("pdf: item %s: %w", item, ErrDocument) }
	c := d.Certificate
	switch {
	case c == nil || !c.Kind.Valid():
		return missing("kind")
	case strings.TrimSpace(c.Holder.Name.Reveal()) == "", c.Written != "" && strings.TrimSpace(c.Written.Reveal()) == "":
		return missing("name")
	case c.Holder.BirthDate.Year == 0:
		return missing("birth date")
	case c.Issuer.Ja == "" || c.Issuer.En == "":
		return missing("issuer")
	case c.ID == "" || c.IssuedAt.IsZero():
		return missing("certificate ID")
	case len(c.Doses) < 1 || len(c.Doses) > 5:
		return missing("doses")
	case (d.SHC == "") != (c.Written != ""):
		return missing("SHC")
	case (d.VDSNC == "") != (c.Written != "" || c.Kind != cert.Overseas): // it holds the passport number (E4)
		return missing("VDS-NC")
	}
	if p := c.Passport; c.Kind == cert.Overseas {
		if p == nil || p.Number == "" || p.Primary == "" || p.Nationality == "" {
			return missing("passport")
		}
		if p.Others != "" && !OthersPrintable(p.Others) {
			return missing("other names")
		}
	}
	for _, dose := range c.Doses {
		v := dose.Vaccine
		if !dose.Administered || dose.Number < 1 || !dose.Date.Full() || dose.Lot == "" ||
			v.TypeJa == "" || v.TypeEn == "" || v.MakerJa == "" || v.MakerEn == "" || v.ProductJa == "" || v.ProductEn == "" {
			return missing("dose")
		}
		if c.Kind == cert.Overseas && dose.Country == "" {
			return missing("dose")
		}
	}
	return nil
}

// maxSHCVersion is the largest symbol that SMART Health Cards allows.
const maxSHCVersion = 22

// encode makes the symbols of both texts. SHC: level M where that fits version 22, else
// L. VDS-NC: level L, since most of it is the signer's certificate and denser
// modules would cost more than level M gives. A page without symbols gets nil
// for both.
func (r *Renderer) encode(d Document) (shc, vdsnc *qr.Matrix, err error) {
	if d.Certificate.Written != "" {
		return nil, nil, nil
	}
	for _, level := range []qr.Level{qr.M, qr.L} {
		shc, err = r.symbols.Encode(d.SHC, level)
		if err == nil && shc.Version <= maxSHCVersion {
			break
		}
	}
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("pdf: item SHC: %w", err)
	case shc.Version > maxSHCVersion:
		return nil, nil, fmt.Errorf("pdf: item SHC: %w", qr.ErrTooLong)
	case d.VDSNC == "":
		return shc, nil, nil
	}
	if vdsnc, err = r.symbols.Encode(d.VDSNC, qr.L); err != nil {
		return nil, nil, fmt.Errorf("pdf: item VDS-NC: %w", err)
	}
	return shc, vdsnc, nil
}
