// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"kofu/cert"
	"kofu/test/card"
	"kofu/test/vrs"
)

// Config says how much is asked, and where.
type Config struct {
	Asked    int
	Seed     uint64
	Replicas int

	Kiosks, Counters float64 // shares of the requests; the rest is the app's
	Papers           float64 // share of the app's that want a paper

	// Slow is the most that one in a hundred waits before one of the stages.
	Slow time.Duration

	Phones, Terminals, Clerks int // at once

	Tries int // how often somebody asks who was not told no

	Env []string // of the replicas, besides this process's

	// Adjust, when not nil, changes the configuration of a replica, and the
	// site's files, before the replica is started.
	Adjust func(s *Site, replica int, settings map[string]any) error

	// Log, when not nil, gets all that the replicas say. It is safe for
	// concurrent use.
	Log io.Writer

	// Progress, when not nil, gets a bar, drawn over itself.
	Progress io.Writer
}

// run is one run over a site.
type run struct {
	site     *Site
	table    *Table
	judge    *judge
	cards    *issuer
	app      *http.Client
	kiosk    *http.Client
	office   *http.Client
	pictures chan struct{}

	mu    sync.Mutex
	notes map[string]int
}

// note keeps errors that came instead of answers, with how often each did.
func (r *run) note(err error) {
	if err == nil {
		return
	}
	text := err.Error()
	if i := strings.Index(text, "->"); i >= 0 { // two addresses
		text = text[strings.LastIndex(text, ": ")+2:]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes[text]++
}

// Run asks, while chaos reigns, and returns what came of it. The error is of
// the harness: nothing can be said then.
func (s *Site) Run(ctx context.Context, chaos Chaos) (*Table, error) {
	r, clerks, err := s.prepare(ctx)
	if err != nil {
		return nil, err
	}
	evil, calm := context.WithCancel(ctx)
	quiet := make(chan struct{})
	go func() {
		s.disturb(evil, chaos, r.note)
		close(quiet)
	}()
	var others sync.WaitGroup
	over := make(chan struct{})
	others.Go(func() { r.progress(over) })
	others.Go(func() { r.shuffles(over) })
	r.all(ctx, clerks)
	close(over)
	calm()
	<-quiet
	others.Wait()
	for text, n := range r.notes {
		r.table.Notes = append(r.table.Notes, fmt.Sprintf("%d × %s", n, text))
	}
	slices.Sort(r.table.Notes)
	return r.table, ctx.Err()
}

func (s *Site) prepare(ctx context.Context) (*run, []*clerk, error) {
	r := &run{site: s, table: newTable(), cards: &issuer{pki: s.pki, towns: map[cert.MunicipalityCode]*card.Municipality{}},
		pictures: make(chan struct{}, 1), notes: map[string]int{}}
	var err error
	for to, folder := range map[**http.Client]string{&r.app: "", &r.kiosk: "terminals", &r.office: "offices"} {
		if *to, err = s.client(folder, r.table); err != nil {
			return nil, nil, err
		}
	}
	var jwks []byte
	if err := until(ctx, 20*time.Second, "nobody answers behind the balancer", func() (err error) {
		jwks, err = fetch(r.app, "https://"+s.doors["app"]+"/issuer/.well-known/jwks.json")
		return err
	}); err != nil {
		return nil, nil, err
	}
	if r.judge, err = newJudge(s, jwks); err != nil {
		return nil, nil, err
	}
	if err := s.admitTerminals(ctx, s.Terminals); err != nil {
		return nil, nil, err
	}
	if s.Clerks == 0 {
		return r, nil, nil
	}
	clerks, err := r.openOffice(ctx, s.Clerks)
	return r, clerks, err
}

// all lets everybody ask, as many at once as there is room for.
func (r *run) all(ctx context.Context, clerks []*clerk) {
	queues := map[cert.Channel]chan *asking{cert.App: make(chan *asking, 1), cert.Kiosk: make(chan *asking, 64), cert.Counter: make(chan *asking, 64)}
	var group sync.WaitGroup
	work := func(door cert.Channel, one func(*asking) string) {
		group.Go(func() {
			for a := range queues[door] {
				r.table.end(a, one(a))
			}
		})
	}
	for range r.site.Phones {
		work(cert.App, func(a *asking) string { return r.phone(ctx, a) })
	}
	for i := range r.site.Terminals {
		work(cert.Kiosk, func(a *asking) string { return r.terminal(ctx, a, i) })
	}
	for _, c := range clerks {
		work(cert.Counter, func(a *asking) string { return r.serve(ctx, a, c) })
	}
	i := 0
	for m := range vrs.Members(r.site.Asked, r.site.Seed) {
		a := r.site.ask(i, m)
		i++
		select {
		case queues[a.door] <- a:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	for _, q := range queues {
		close(q)
	}
	group.Wait()
}

// shuffles makes connections come anew, so that no replica is left alone.
func (r *run) shuffles(over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(2 * time.Second):
			for _, c := range []*http.Client{r.app, r.kiosk, r.office} {
				c.CloseIdleConnections()
			}
		}
	}
}

// progress draws how far it has come.
func (r *run) progress(over <-chan struct{}) {
	begun := time.Now()
	for r.site.Progress != nil {
		done := r.table.Asked()
		const width = 40
		full := width * done / max(r.site.Asked, 1)
		rate := float64(done) / max(time.Since(begun).Seconds(), 0.001)
		fmt.Fprintf(r.site.Progress, "\r[%s%s] %d of %d, %.0f a second, mismatches: %d ", strings.Repeat("#", full), strings.Repeat(".", width-full), done, r.site.Asked, rate, r.table.Mismatches())
		select {
		case <-over:
			fmt.Fprintln(r.site.Progress)
			return
		case <-time.After(time.Second):
		}
	}
}

// fetch gets something public.
func fetch(c *http.Client, url string) ([]byte, error) {
	res, err := c.Get(url)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(res.Body)
	return data, errors.Join(err, res.Body.Close())
}
