// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"kofu/test/card"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// person is one of the crowd, with a card.
type person struct {
	vrs.Member
	phone *phone.Client
	card  *card.Card
	mu    sync.Mutex // a card signs one thing at a time
}

// enrol makes cards for everybody.
func (s *Site) enrol(n int) error {
	for m := range vrs.Members(n, 1) {
		town := s.towns[m.Municipality]
		if town == nil {
			var err error
			if town, err = s.pki.NewMunicipality(string(m.Municipality)[:5]); err != nil {
				return err
			}
			s.towns[m.Municipality] = town
		}
		c, err := town.Issue(card.Holder{MyNumber: m.Number, Name: m.Name, Address: m.Address, BirthDate: m.Birth.Compact(), Sex: strconv.Itoa(int(m.Sex)), PIN: m.PIN})
		if err != nil {
			return fmt.Errorf("load: make a card: %w", err)
		}
		s.persons = append(s.persons, &person{Member: m, card: c, phone: &phone.Client{
			BaseURL: "https://" + s.App, HTTP: s.phones, Card: c.Reader(), PIN: m.PIN, Device: fmt.Sprintf("device-of-%020d", len(s.persons))}})
	}
	return nil
}

// ready is an application that is signed and can be handed in.
type ready struct {
	device string
	body   []byte
}

// shelf holds applications made in advance, of one municipality.
type shelf struct {
	town string
	mu   sync.Mutex
	all  []ready
}

func (f *shelf) put(r ready) { f.mu.Lock(); defer f.mu.Unlock(); f.all = append(f.all, r) }

func (f *shelf) take() (ready, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) == 0 {
		return ready{}, false
	}
	r := f.all[len(f.all)-1]
	f.all = f.all[:len(f.all)-1]
	return r, true
}

// stock signs n applications of people of a municipality.
func (s *Site) stock(ctx context.Context, town string, n int) (*shelf, error) {
	f := &shelf{town: town}
	var theirs []*person
	for _, p := range s.persons {
		if string(p.Municipality) == town {
			theirs = append(theirs, p)
		}
	}
	jobs, errs := make(chan *person), make(chan error, 64)
	var group sync.WaitGroup
	for range 4 * runtime.NumCPU() {
		group.Go(func() {
			for p := range jobs {
				r, err := p.prepare(ctx)
				if err != nil {
					select {
					case errs <- err:
					default:
					}
					continue
				}
				f.put(r)
			}
		})
	}
	for i := range n {
		jobs <- theirs[i%len(theirs)]
	}
	close(jobs)
	group.Wait()
	select {
	case err := <-errs:
		return f, err
	default:
		return f, nil
	}
}

// prepare fetches a challenge, patiently, and signs an application for it.
func (p *person) prepare(ctx context.Context) (ready, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ch *phone.Challenge
	for try := 0; ; try++ {
		var err error
		if ch, err = p.phone.ChallengeFor(ctx, string(p.Municipality)); err == nil {
			break
		}
		if phone.CodeOf(err) != "busy" || try > 3000 {
			return ready{}, err
		}
		time.Sleep(10 * time.Millisecond)
	}
	a, err := p.phone.Prove(ch, phone.Wish{Kind: "domestic", Municipality: string(p.Municipality)})
	if err != nil {
		return ready{}, err
	}
	body, err := json.Marshal(a)
	return ready{p.phone.Device, body}, err
}

// post sends a body and reads the answer.
func (s *Site) post(ctx context.Context, path, town string, body []byte) (status int, header http.Header, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+s.App+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header["Content-Type"] = []string{"application/json"}
	if town != "" {
		req.Header["Kofu-Municipality"] = []string{town}
	}
	res, err := s.phones.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, res.Header, answer, err
}

var errNoStock = errors.New("load: no application is left that was signed in advance")

// issue hands in an application and fetches the certificate.
func (s *Site) issue(ctx context.Context, f *shelf) (code string, err error) {
	a, ok := f.take()
	if !ok {
		return "", errNoStock
	}
	status, _, answer, err := s.post(ctx, "/app/v1/applications", "", a.body)
	if err != nil || status != http.StatusOK {
		return codeIn(answer, status), err
	}
	var reviewed struct {
		Sealed string `json:"sealed_application"`
	}
	if err := json.Unmarshal(answer, &reviewed); err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"sealed_application": reviewed.Sealed, "device": a.device})
	if err != nil {
		return "", err
	}
	status, _, answer, err = s.post(ctx, "/app/v1/certificates", "", body)
	if err != nil || status != http.StatusOK || !bytes.Contains(answer, []byte(`"jws"`)) {
		return codeIn(answer, status), err
	}
	return "", nil
}

func codeIn(answer []byte, status int) string {
	var p struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(answer, &p) != nil || p.Code == "" {
		return strconv.Itoa(status)
	}
	return p.Code
}
