// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"kofu/test/terminal"
	"kofu/test/vrs"
)

// spare is how much of the stock is more than is expected to be needed: a burst
// is let in at a step's begin.
const spare = 100

// Peak offers more and more until certificates do not become more, and returns
// the most there were in a second.
func (s *Site) Peak(ctx context.Context, town string, from, factor float64, each time.Duration, say func(string)) (peak float64, err error) {
	for rate := from; rate < 10_000; rate *= factor {
		expect := rate
		if peak > 0 {
			expect = min(rate, 2*peak)
		}
		warm := each / 3
		all, err := s.Offer(ctx, Step{Town: town, Rate: rate, Last: each, Warm: warm, Stock: spare + int(expect*each.Seconds()*1.1)})
		if err != nil {
			return 0, err
		}
		r := all[0]
		say(r.String())
		better := r.Goodput() > 1.05*peak
		peak = max(peak, r.Goodput())
		if !better || peak < rate/3 {
			break
		}
	}
	return peak, nil
}

// Curve offers multiples of the peak, one after the other.
func (s *Site) Curve(ctx context.Context, town string, peak float64, times []float64, each time.Duration, say func(string)) ([]*Result, error) {
	var curve []*Result
	for _, x := range times {
		all, err := s.Offer(ctx, s.step(town, x*peak, peak, each))
		if err != nil {
			return curve, err
		}
		curve = append(curve, all[0])
		say(all[0].String())
	}
	return curve, nil
}

// step is a step with a stock for what can be done of it.
func (s *Site) step(town string, rate, peak float64, each time.Duration) Step {
	return Step{Town: town, Rate: rate, Last: each, Warm: each / 3, Stock: spare + int(min(rate, 2*peak)*each.Seconds())}
}

// Probe asks for one thing again and again, every so often, until ctx ends, and
// returns how long each took from when it was due.
func Probe(ctx context.Context, client *http.Client, url string, every time.Duration) (took Samples, failed int) {
	var mu sync.Mutex
	var group sync.WaitGroup
	start := time.Now()
	for i := 1; ctx.Err() == nil; i++ {
		due := start.Add(time.Duration(i) * every)
		time.Sleep(time.Until(due))
		group.Go(func() {
			res, err := client.Get(url) //nolint:noctx // what is begun is finished
			mu.Lock()
			defer mu.Unlock()
			if err != nil || res.StatusCode != http.StatusOK {
				failed++
			} else {
				took = append(took, time.Since(due))
			}
			if err == nil {
				_ = res.Body.Close()
			}
		})
	}
	group.Wait()
	return took, failed
}

// Clerk is a browser at a terminal of an office. What it asks for goes through
// TLS, the register of terminals and the pages.
func (s *Site) Clerk(ctx context.Context) (client *http.Client, url string, err error) {
	if err := s.staff(ctx, "desk", "add", "d-1", "-municipality", "900010", "-place", "1F", "-certificate", s.path("offices", vrs.ClientFile)); err != nil {
		return nil, "", err
	}
	client, err = s.client("offices")
	return client, "https://" + s.Counter + "/counter/sign-in", err
}

// relay speaks for all terminals, over a few connections.
const relay = "relay-1"

// OpenStores registers n terminals.
func (s *Site) OpenStores(ctx context.Context, n int) (*http.Client, error) {
	err := s.staff(ctx, "terminal", "add", relay, "-role", "centre", "-store", "hq", "-operator", "mart", "-certificate", s.path("terminals", vrs.ClientFile))
	for i := 0; i < n && err == nil; i++ {
		err = s.staff(ctx, "terminal", "add", fmt.Sprintf("t-%d", i), "-store", fmt.Sprintf("s-%d", i), "-operator", "mart", "-relay", relay)
	}
	if err != nil {
		return nil, err
	}
	return s.client("terminals")
}

// Visits has a person after the other at each of n terminals, from the first
// screen to the paper, until ctx ends, and returns the screens at which the
// visits ended.
func (s *Site) Visits(ctx context.Context, client *http.Client, n int) map[string]int {
	ends := map[string]int{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			for k := i; ctx.Err() == nil; k += n {
				end := s.visit(context.WithoutCancel(ctx), client, fmt.Sprintf("t-%d", i), s.persons[len(s.persons)-1-k%len(s.persons)])
				mu.Lock()
				ends[end]++
				mu.Unlock()
				if end == "come_again" { // who was sent away is away for a while
					time.Sleep(time.Second)
				}
			}
		})
	}
	group.Wait()
	return ends
}

func (s *Site) visit(ctx context.Context, client *http.Client, id string, p *person) string {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	t, err := terminal.New(terminal.Config{URLs: []string{"https://" + s.Kiosk}, HTTP: client, ID: id, Patience: 25 * time.Second})
	if err != nil {
		return err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err = terminal.Person{Card: terminal.Chip(p.card), PIN: p.PIN, Kind: "domestic", Towns: []string{string(p.Municipality)}, Copies: 1}.Walk(ctx, t)
	if id := t.Screen().ID; err == nil || id == "come_again" {
		return id
	}
	return err.Error()
}
