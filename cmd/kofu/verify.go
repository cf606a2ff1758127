// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	judge "kofu/cert/verify"
)

const verifyUsage = `usage: kofu verify [flags] FILE…

Judges certificates without a network. A FILE is text (shc:/…, a JWS, digits,
VDS-NC as JSON), a .smart-health-card file, a PNG or JPEG picture or a PDF; "-"
is standard input. Of PDFs, those that kofu made and pages of one scanned
picture are judged; of others make pictures. Files with the chunks of one card are judged together, the
documents of a JSON array each by itself, the symbols of a page or picture as
one person's.

Exits 0 if all are authentic: by a trusted key, neither revoked nor expired; 1
if one is not; 2 if one is no certificate, malformed or cannot be read, or a
flag is wrong.
Without any flag of trust nothing is authentic.

  -jwks FILE    trust the keys of a JWKS (SMART Health Cards), for cards of any
                issuer unless a key's certificate (x5c) names one: check where
                the file is from, or use -trust; repeatable
  -csca FILE    trust country signing authorities, PEM or DER (VDS-NC); repeatable
  -signer FILE  trust single barcode signers, PEM or DER (VDS-NC); repeatable
  -crl FILE     a revocation list, of SMART Health Cards or VDS-NC, as under
                /issuer/.well-known/crl/ and at /trust/revoked-uvci.json of a
                server; one older than its key's crlVersion makes no card
                authentic; repeatable
  -trust FILE   a trust bundle: all of these in one, as at /trust/bundle.json of
                a server; what was revoked after it was fetched is not known;
                repeatable
  -json         one JSON object a line for each verdict, instead of words
`

// verify judges the files in args; see verifyUsage.
func verify(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var j judge.Judge
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	for name, add := range map[string]func([]byte) error{
		"jwks":   func(b []byte) error { return j.Trust.AddKeys(b, "") },
		"csca":   j.Trust.AddCSCAs,
		"signer": j.Trust.AddSigners,
		"crl":    j.Trust.AddRevocations,
		"trust":  j.Trust.AddBundle,
	} {
		flags.Func(name, "", func(path string) error {
			data, err := readLimited(path, nil, maxTrust)
			if err != nil {
				return err
			}
			return add(data)
		})
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp), err == nil && flags.NArg() == 0:
		_, _ = io.WriteString(stderr, verifyUsage)
		return exitUsage
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "kofu verify:", err)
		return exitUsage
	}
	var files []judge.File
	for _, path := range flags.Args() {
		data, err := readLimited(path, stdin, judge.MaxFile)
		if err != nil {
			_, _ = fmt.Fprintln(stderr, "kofu verify:", err)
		}
		files = append(files, judge.File{Name: path, Data: data, Unreadable: err != nil})
	}
	return report(j.Files(files...), *asJSON, stdout, stderr)
}

// maxTrust is the most that is read of a file of trust, in bytes. Revocation
// lists name each card once for every key that may have signed it.
const maxTrust = 256 << 20

// readLimited reads a file, or stdin for "-" unless that is nil, a little
// beyond the limit, so that whoever takes the data sees that it is exceeded.
func readLimited(path string, stdin io.Reader, limit int64) ([]byte, error) {
	in := stdin
	if path != "-" || stdin == nil {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // read only
		in = f
	}
	return io.ReadAll(io.LimitReader(in, limit+1))
}

func report(verdicts []judge.Verdict, asJSON bool, stdout, stderr io.Writer) int {
	worst := judge.Authentic
	for _, v := range verdicts {
		worst = max(worst, v.Outcome())
		line := []byte(words(v))
		if asJSON {
			var err error
			if line, err = v.JSON(); err != nil {
				_, _ = fmt.Fprintln(stderr, "kofu verify:", err)
				return exitUsage
			}
			line = append(line, '\n')
		}
		if _, err := stdout.Write(line); err != nil {
			_, _ = fmt.Fprintln(stderr, "kofu verify:", err)
			return exitUsage
		}
	}
	return map[judge.Outcome]int{judge.Authentic: exitDone, judge.NotAuthentic: exitFailed, judge.Unusable: exitUsage}[worst]
}

// words is v for people: the verdict in the first line, then what was judged
// and what it says.
func words(v judge.Verdict) string {
	var b strings.Builder
	b.WriteString(map[judge.Outcome]string{
		judge.Authentic: "AUTHENTIC", judge.NotAuthentic: "NOT AUTHENTIC", judge.Unusable: "UNUSABLE",
	}[v.Outcome()])
	b.WriteString("  " + plain(strings.Join(v.Files, ", ")))
	if v.Element > 0 {
		_, _ = fmt.Fprintf(&b, ", document %d", v.Element)
	}
	if reason := v.Reason(); reason != "" {
		b.WriteString(": " + reason)
	}
	b.WriteByte('\n')
	for _, c := range v.Certificates {
		if c.Malformed != "" {
			continue
		}
		revoked := strconv.FormatBool(c.Revoked)
		if !c.Asked {
			revoked = "not checked (no list given)"
		}
		_, _ = fmt.Fprintf(&b, "  %s  signature %s, chain %s, revoked %s, expired %t\n", c.Format, c.Signature, c.Chain, revoked, c.Expired)
		for _, row := range [][2]string{
			{"issuer", c.Content.Issuer}, {"issued", c.Content.Issued}, {"expires", c.Content.Expires},
			{"name", c.Content.Name.Reveal()}, {"born", c.Content.BirthDate}, {"passport", c.Content.Passport.Reveal()},
			{"id", c.Content.CertificateID}, {"uvci", c.Content.UVCI},
		} {
			if row[1] != "" {
				_, _ = fmt.Fprintf(&b, "    %-9s %s\n", row[0], plain(row[1]))
			}
		}
		if c.Content.Other > 0 {
			_, _ = fmt.Fprintf(&b, "    other     %d resources that are no vaccination\n", c.Content.Other)
		}
		for _, d := range c.Content.Doses {
			_, _ = fmt.Fprintf(&b, "    dose      %s  %s (%s)  lot %s\n", plain(d.Date), plain(cmp.Or(d.Vaccine, "?")), plain(d.Code), plain(d.Lot))
		}
	}
	return b.String()
}

// plain keeps what a certificate says from steering the terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '\uFFFD'
		}
		return r
	}, s)
}
