// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"kofu/cert"
	"kofu/cert/verify"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// phone returns a phone with a resident's card on it, which talks to this
// site over HTTP like any other.
func (s *site) phone(r vrs.Resident, client *http.Client) (*phone.Client, error) {
	c, err := s.desk.card(r.ID)
	if err != nil {
		return nil, err
	}
	return &phone.Client{BaseURL: s.URL, HTTP: client, Card: c.Reader(), PIN: r.PIN}, nil
}

// wish is what a resident asks for: a certificate of kind k, with what
// passport there is.
func wish(r vrs.Resident, k cert.Kind) (phone.Wish, error) {
	w := phone.Wish{Kind: string(k), Municipality: string(r.Municipality), PDF: true}
	if k == cert.Overseas {
		lines, err := mrz(r)
		if err != nil {
			return w, err
		}
		if lines != nil {
			w.MRZ = lines[:]
		}
	}
	return w, nil
}

// issue plays one journey.
func (s *site) issue(ctx context.Context, r vrs.Resident, k cert.Kind, client *http.Client) (*phone.Reviewed, *phone.Certificate, error) {
	p, err := s.phone(r, client)
	if err != nil {
		return nil, nil, err
	}
	w, err := wish(r, k)
	if err != nil {
		return nil, nil, err
	}
	return p.Journey(ctx, w)
}

// refused tells a refusal from a failure, and prints it.
func refused(out io.Writer, r vrs.Resident, k cert.Kind, err error) bool {
	p, ok := errors.AsType[*phone.Problem](err)
	if ok {
		fmt.Fprintf(out, "%s, %s: refused: %s\n  %s %s\n  %s %s\n", r.ID, k, p.Code, p.Title, p.Next.Ja, p.TitleEn, p.Next.En)
	}
	return ok
}

// published are the files with which strangers verify, by path.
func (s *site) published(ctx context.Context, client *http.Client) (map[string][]byte, error) {
	files := map[string][]byte{}
	c := &phone.Client{BaseURL: s.URL, HTTP: client}
	for _, path := range []string{jwksFile, cscaFile, bscFile} {
		res, err := c.Send(ctx, http.MethodGet, "/"+path, "", nil)
		if err != nil {
			return nil, err
		}
		if res.Status != http.StatusOK {
			return nil, fmt.Errorf("fetch %s: status %d", path, res.Status)
		}
		files[path] = res.Body
	}
	return files, nil
}

// Paths of what is published, and of the copies that -once writes.
const (
	jwksFile = "issuer/.well-known/jwks.json"
	cscaFile = "trust/csca.pem"
	bscFile  = "trust/bsc.pem"
)

// judge verifies files with nothing but what was published, as
// kofu verify -jwks … -csca … does.
func judge(published map[string][]byte, files ...verify.File) ([]verify.Verdict, error) {
	var trust verify.Trust
	if err := trust.AddKeys(published[jwksFile], ""); err != nil {
		return nil, err
	}
	if err := trust.AddCSCAs(published[cscaFile]); err != nil {
		return nil, err
	}
	return verify.Judge{Trust: trust}.Files(files...), nil
}
