// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"kofu/api"
	"kofu/api/app"
	"kofu/api/counter/staff"
	"kofu/api/public"
	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cmd/internal/sqlstore"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

// issuer is the "iss" of the health cards. It names nobody: the standard wants
// https, and the demo serves its keys over plain HTTP on this machine.
const issuer = "https://kofu.example/issuer"

// deepLinks is the wallet that deep links go to; nobody's either.
const deepLinks = "https://wallet.example"

// requestTimeout bounds one request, the record system included.
const requestTimeout = 20 * time.Second

// setting is what may differ between the demo and its tests.
type setting struct {
	clock    *clock
	log      *slog.Logger
	counter  bool           // open the counter, too: its accounts take a second to make
	passkeys staff.Passkeys // nil: none, as in the program
}

func (s setting) now() time.Time { return s.clock.now() }

// clock is the one clock of everything here but TLS. It goes ahead of the
// machine's by what was skipped.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// later skips d, as if nobody had done anything for so long.
func (w *world) later(d time.Duration) {
	w.clock.ahead.Add(int64(d))
	w.memory.redis.FastForward(d)
}

// world is the service and everything around it, on this machine.
type world struct {
	setting
	desk    *desk
	towns   *municipality.Registry
	records *vrs.Server     // the record system
	gateway *vrs.Running    // its listener
	memory  *memory         // Redis
	books   *sqlstore.Store // of both doors that have any
	ring    *keys.Ring
	tally   *tally
	client  *vrsclient.Client
	cards   *cardauth.Verifier
	paper   *pdf.Renderer
	uvci    []byte       // secrets of all doors
	rid     []byte       //
	door    *door        // the kiosk's
	office  *office      // the counter's; nil: it is closed
	api     http.Handler // the app's door, and what is public
	open    []io.Closer  // in the order opened
}

// newWorld puts everything together; Close takes it apart.
func newWorld(s setting) (_ *world, err error) {
	w := &world{setting: s, tally: newTally(), uvci: secret(), rid: secret()}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if w.desk, err = newDesk(); err != nil {
		return nil, err
	}
	if w.towns, err = municipality.Parse(vrs.MunicipalitiesJSON()); err != nil {
		return nil, err
	}
	if w.ring, err = newRing(); err != nil {
		return nil, err
	}
	if err := w.openRecords(); err != nil {
		return nil, err
	}
	if w.memory, err = openMemory(); err != nil {
		return nil, err
	}
	w.open = append(w.open, w.memory)
	if err := w.openDoor(); err != nil {
		return nil, err
	}
	if err := w.openOffice(); err != nil {
		return nil, err
	}
	w.api, err = w.newAPI()
	return w, err
}

// openDoor makes what both doors share, and opens the kiosk's.
func (w *world) openDoor() (err error) {
	w.client, err = vrsclient.New(vrsclient.Config{
		BaseURL: w.gateway.URL, TLS: w.gateway.ClientTLS(), Credentials: w.records.Credentials(), Now: w.now, Observe: w.tally.observe,
	})
	if err != nil {
		return err
	}
	if w.paper, err = pdf.New(pdf.Config{}); err != nil {
		return err
	}
	anchors, err := cardauth.ParseAnchors(w.desk.pki.AnchorsJSON(), cert.Test)
	if err != nil {
		return err
	}
	w.cards = &cardauth.Verifier{
		Anchors: anchors, Challenges: w.memory.Challenges(), Cache: cardauth.NewCertificateCache(64), Bindings: cardauth.DefaultBindings(), Now: w.now,
	}
	if w.books, err = sqlstore.Open(context.Background(), sqlstore.Config{Driver: sqlstore.SQLite, DSN: sqlstore.Memory, Now: w.now}); err != nil {
		return err
	}
	w.open = append(w.open, w.books)
	if w.door, err = openDoor(context.Background(), w.books, w.log); err != nil {
		return err
	}
	w.open = append(w.open, w.door)
	return w.arrange(arrangement{})
}

// openRecords starts the record system and its listener.
func (w *world) openRecords() (err error) {
	if w.records, err = vrs.Open(vrs.Config{Now: w.now}); err != nil {
		return err
	}
	w.open = append(w.open, w.records)
	if w.gateway, err = w.records.Start("127.0.0.1:0"); err != nil {
		return err
	}
	w.open = append(w.open, w.gateway)
	return nil
}

func (w *world) newAPI() (http.Handler, error) {
	towns := municipality.NewDirectory(w.towns, w.books)
	service, err := w.newService(towns)
	if err != nil {
		return nil, err
	}
	keys, err := public.New(public.Config{Keys: w.ring, Issuer: issuer, Revocations: withdrawn{w.books}, Now: w.now})
	if err != nil {
		return nil, err
	}
	return api.New(api.Config{
		App: &app.Handler{
			Cards:          w.cards,
			Issuing:        service,
			Municipalities: towns,
			Status:         app.Status{Open: "00:00", Close: "24:00", MinimumAppVersion: "1.0.0"},
			DeepLinkBase:   deepLinks,
			Now:            w.now,
			Keys:           w.ring,
			// No Devices: a browser cannot have its own attested. And no chip in
			// Passports: those here are of paper.
		},
		Public: keys, Timeout: requestTimeout, Log: w.log, Metrics: w.tally,
	})
}

// withdrawn is what the counter has withdrawn, for the published lists.
type withdrawn struct{ books *sqlstore.Store }

// Revoked implements [public.Revocations].
func (w withdrawn) Revoked(ctx context.Context) (r public.Revoked, err error) {
	r.Version, r.RIDs, r.UVCIs, err = w.books.Revoked(ctx)
	return r, err
}

func (w *world) newService(towns *municipality.Directory) (*issuance.Service, error) {
	return issuance.New(issuance.Config{
		Records: w.client, Register: w.client, Desk: w.client.Desk(), Seals: w.memory.SealKeys(), Keys: w.ring, Municipalities: towns, Paper: w.paper,
		Lookout: w.tally, Issuer: issuer, UVCISecret: w.uvci, RIDSecret: w.rid, Now: w.now, CopyEvident: true,
	})
}

func secret() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return b
}

// ready reports what is missing before anybody is served.
func (w *world) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := w.memory.Check(ctx); err != nil {
		return fmt.Errorf("embedded Redis: %w", err)
	}
	return nil
}

// Close ends everything, last opened first.
func (w *world) Close() error {
	var errs []error
	for i := len(w.open) - 1; i >= 0; i-- {
		errs = append(errs, w.open[i].Close())
	}
	return errors.Join(errs...)
}
