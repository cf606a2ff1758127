// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
	"kofu/cert/shc"
)

// File is something to judge. Its name serves to report only: what it is is
// told by its content.
type File struct {
	Name       string
	Data       []byte
	Unreadable bool // there is no data: the file could not be opened or read
}

// MaxFile is the most that is read of one file, in bytes.
const MaxFile = 32 << 20

// Source is what kind of file it was.
type Source string

// The three kinds.
const (
	SourceText    Source = "text"
	SourcePicture Source = "picture"
	SourcePDF     Source = "pdf"
)

// input is what a file came to.
type input struct {
	cert.Redacted
	source   Source
	texts    []string // each a card, a chunk of one, or a VDS-NC
	array    bool     // the texts are the elements of a JSON array
	unusable string
	unread   int // symbols that are there and could not be read
}

// readAll reads files, and no more certificates than maxTexts of one and
// maxTotal of all: each costs a signature.
func readAll(files []File) []input {
	inputs := make([]input, len(files))
	total := 0
	for i, f := range files {
		in := &inputs[i]
		*in = f.read()
		switch n := len(in.texts); {
		case n > maxTexts:
			in.texts, in.unusable = nil, "more than 1000 certificates or lines"
		case total+n > maxTotal:
			in.texts, in.unusable = nil, "more than 10000 certificates in all files"
		default:
			total += n
		}
	}
	return inputs
}

func (f File) read() input {
	switch {
	case f.Unreadable:
		return input{source: SourceText, unusable: "file cannot be read"}
	case len(f.Data) > MaxFile:
		return input{source: SourceText, unusable: "file is larger than 32 MiB"}
	case bytes.HasPrefix(f.Data, []byte("\x89PNG")), bytes.HasPrefix(f.Data, []byte("\xff\xd8\xff")):
		return picture(f.Data)
	case bytes.Contains(f.Data[:min(len(f.Data), 1024)], []byte("%PDF-")):
		return page(f.Data)
	}
	return text(f.Data)
}

// maxPixels lets an A4 page at 600 dpi pass, 35 million pixels, which takes
// about a second and 200 MB; one at 300 dpi takes a quarter of that. Pages of
// our own, being PDF, are read from their vectors in milliseconds.
const maxPixels = 40_000_000

func picture(data []byte) input {
	in := input{source: SourcePicture}
	size, decode := png.DecodeConfig, png.Decode
	if data[0] != 0x89 {
		size, decode = jpeg.DecodeConfig, jpeg.Decode
	}
	c, err := size(bytes.NewReader(data))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		in.unusable = "picture cannot be read, or is too large"
		return in
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		in.unusable = "picture cannot be read"
		return in
	}
	in.scan(img)
	return in.orNothing()
}

func page(data []byte) input {
	in := input{source: SourcePDF}
	p, err := pdf.Read(data)
	if err != nil {
		in.unusable = "PDF cannot be read"
		return in
	}
	if !p.Plain && !scanned(p) {
		in.unusable = "PDF is not painted as kofu paints: turn each page into a picture"
		return in
	}
	for _, s := range p.Symbols {
		if text, err := qr.Read(s); err != nil {
			in.unread++
		} else {
			in.texts = append(in.texts, text)
		}
	}
	for _, img := range p.Images {
		in.scan(img)
	}
	return in.orNothing()
}

// scanned reports whether p is one picture on one page and nothing else. What
// any other page shows a reader may not be what its codes say: they may be
// clipped away, covered or on another page.
func scanned(p *pdf.Page) bool {
	return p.Count == 1 && len(p.Images) == 1 && len(p.Symbols) == 0 && len(p.Rules) == 0
}

func (in *input) scan(img image.Image) {
	texts, err := qr.ReadImage(img)
	if err == nil {
		in.texts = append(in.texts, texts...)
	}
}

// orNothing drops symbols that are no certificate, such as a web address, if
// others are, and those that are there twice.
func (in input) orNothing() input {
	var known []string
	seen := make(map[string]bool, len(in.texts))
	for _, t := range in.texts {
		if t = strings.TrimSpace(t); formatOf(t) != "" && !seen[t] {
			known = append(known, t)
			seen[t] = true
		}
	}
	switch {
	case len(known) > 0:
		in.texts = known
	case len(in.texts) > 0:
		in.texts, in.unusable = nil, "no symbol is a certificate"
	default:
		in.unusable = "no symbol could be read"
	}
	return in
}

func text(data []byte) input {
	in := input{source: SourceText}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	switch {
	case len(data) == 0:
		in.unusable = "file is empty"
	case !utf8.Valid(data):
		in.unusable = "neither text, picture nor PDF"
	case data[0] == '{' && bytes.Contains(data, []byte(`"verifiableCredential"`)):
		cards, err := shc.ParseFile(data)
		if err != nil {
			in.unusable = what(err)
			return in
		}
		for _, c := range cards {
			in.texts = append(in.texts, strings.TrimSpace(c))
		}
	case data[0] == '[':
		in.texts = elements(data)
		in.array = len(in.texts) > 1
	case data[0] == '{':
		in.texts = []string{string(data)}
	default:
		// Chunks put one after the other without a line between them are told
		// apart by their beginnings.
		for line := range strings.Lines(strings.ReplaceAll(string(data), "shc:/", "\nshc:/")) {
			if line = strings.TrimSpace(line); line != "" {
				in.texts = append(in.texts, line)
			}
		}
	}
	return in
}

// Limits on certificates, of one file and of all together.
const (
	maxTexts = 1000
	maxTotal = 10 * maxTexts
)

// elements returns the elements of a JSON array, or the whole text if it is
// none, or empty. Each element is to be judged by itself, so whatever may be
// wrong with one of them is let pass here.
func elements(data []byte) []string {
	var list []jsontext.Value
	if json.Unmarshal(data, &list, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil || len(list) == 0 {
		return []string{string(data)}
	}
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// Format is the kind of a certificate.
type Format string

// The two formats.
const (
	SHC   Format = "shc"   // SMART Health Card
	VDSNC Format = "vdsnc" // ICAO VDS-NC
)

var (
	digits  = regexp.MustCompile(`^[0-9]{20,}$`)
	jwsForm = regexp.MustCompile(`^eyJ|^[^. ]+\.[^. ]+\.[^. ]+$`)
	chunk   = regexp.MustCompile(`^shc:/([0-9]{1,2})/([0-9]{1,2})/[0-9]+$`)
)

// formatOf tells a text's format by its beginning, "" for neither.
func formatOf(text string) Format {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return VDSNC
	case strings.HasPrefix(text, "shc:/"), digits.MatchString(text), jwsForm.MatchString(text) && !strings.Contains(text, "/"):
		return SHC
	}
	return ""
}
