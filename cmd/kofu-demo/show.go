// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/skip2/go-qrcode"

	"kofu/cert"
	"kofu/cert/verify"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// show issues one certificate to the terminal, verifies it, and says what can
// be done next.
func (s *site) show(ctx context.Context, id string, out io.Writer) error {
	r, err := choose(s.desk.residents, id)
	if err != nil {
		return err
	}
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	reviewed, c, err := s.issue(ctx, r, cert.Domestic, client)
	switch {
	case err == nil:
		if err := s.showCertificate(ctx, client, reviewed, c, out); err != nil {
			return err
		}
	case !refused(out, r, cert.Domestic, err):
		return err
	}
	s.invite(r, out)
	return nil
}

func (s *site) showCertificate(ctx context.Context, client *http.Client, reviewed *phone.Reviewed, c *phone.Certificate, out io.Writer) error {
	published, err := s.published(ctx, client)
	if err != nil {
		return err
	}
	verdicts, err := judge(published, verify.File{Name: "shc", Data: []byte(c.SHC.QR)}, verify.File{Name: "pdf", Data: c.PDF})
	if err != nil {
		return err
	}
	symbol, err := qrcode.New(c.SHC.QR, qrcode.Low)
	if err != nil {
		return fmt.Errorf("draw the symbol: %w", err)
	}
	fmt.Fprint(out, symbol.ToSmallString(false))
	p := reviewed.Preview
	fmt.Fprintf(out, "新型コロナウイルス感染症予防接種証明書 見本 / COVID-19 vaccination certificate, SPECIMEN\n")
	fmt.Fprintf(out, "  %s  %s  %s\n  %s (%s)\n", c.ID, p.Name, p.BirthDate, p.Municipality.Name, p.Municipality.NameEn)
	for _, d := range p.Doses {
		fmt.Fprintf(out, "  %d  %s  %s  %s  %s\n", d.Number, d.Date, d.Product, d.ProductEn, d.Lot)
	}
	for _, v := range verdicts {
		fmt.Fprintln(out, "  verified:", verdictLine(v))
	}
	return nil
}

// verdictLine sums a verdict up.
func verdictLine(v verify.Verdict) string {
	words := []string{"authentic"}
	switch v.Outcome() {
	case verify.NotAuthentic:
		words = []string{"NOT AUTHENTIC: " + v.Reason()}
	case verify.Unusable:
		words = []string{"UNUSABLE: " + v.Reason()}
	}
	for _, c := range v.Certificates {
		words = append(words, fmt.Sprintf("%s signature %s, %s", c.Format, c.Signature, c.Chain))
	}
	return strings.Join(v.Files, " ") + ": " + strings.Join(words, "; ")
}

// invite says what the person at the terminal can do now.
func (s *site) invite(r vrs.Resident, out io.Writer) {
	fmt.Fprintf(out, `
The service runs on this machine, with stand-ins around it; everybody in it is made up.

  phone page     %[1]s/
  kiosk page     %[1]s/kiosk
  counter        %[8]s
  its staff      %[1]s/demo/counter
  contract       %[1]s/openapi.yaml
  public keys    %[1]s/%[2]s
                 %[1]s/%[3]s  %[1]s/%[4]s

Open the phone page, choose one of %[5]d residents, tap the card, type the PIN (%[6]s has %[7]s).
At the kiosk page you are also the hands: place the card, insert coins, take the paper.
At the counter you are a clerk: the page of its staff has the logins, passwords and codes.
Or be the phone, or the terminal, yourself: go doc ./cmd/kofu-demo tells how.
Who there is:        go run ./cmd/kofu-demo -list
Files, and the end:  go run ./cmd/kofu-demo -once -out DIR
Ctrl-C stops everything; nothing is kept.
`, s.URL, jwksFile, cscaFile, bscFile, len(s.desk.residents), r.ID, r.PIN, s.counterURL(pcIDs()[0]))
}
