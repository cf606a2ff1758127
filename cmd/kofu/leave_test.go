// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"testing"
	"time"

	"kofu/test/vrs"
)

// inFlight sends one slow request, and returns once the record service has
// it. How it ends comes by the channel.
func inFlight(t *testing.T, s *site, slow time.Duration) <-chan error {
	t.Helper()
	s.standIn.Faults().Add(vrs.Fault{Call: "find", Kind: vrs.Late, Delay: slow})
	p, wish := s.phone(t, vrs.Residents()[0])
	ended := make(chan error, 1)
	go func() {
		_, err := p.Ask(t.Context(), wish)
		ended <- err
	}()
	for range 400 {
		if s.standIn.Faults().Calls("find") > 0 {
			return ended
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the request does not arrive")
	return nil
}

// TestLeave ends a server at work: it says so first, while it still serves,
// and then lets the running request end.
//
// Rows: R1.7
func TestLeave(t *testing.T) {
	s := makeSite(t)
	s.section("times")["drain"] = "2s"
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	stop := start(t, s)
	answered := inFlight(t, s, 4*time.Second)
	exit, from := make(chan int, 1), time.Now()
	go func() {
		code, _ := stop()
		exit <- code
	}()
	left := false
	for range 20 { // within the drain: each look takes a third of it
		code, why := ready(t, s)
		if left = code == http.StatusServiceUnavailable && why["server"] == "shutting down"; left {
			break
		}
	}
	if took := time.Since(from); !left || took > 2*time.Second {
		t.Errorf("leaving is told: %v, after %v", left, took)
	}
	if c := s.standIn.Faults().Calls("find"); c != 1 {
		t.Fatalf("%d calls", c)
	}
	if err := <-answered; err != nil {
		t.Errorf("the running request was cut off: %v", err)
	}
	if code := <-exit; code != exitDone {
		t.Errorf("ended with %d", code)
	}
	if took := time.Since(from); took < 3*time.Second {
		t.Errorf("all was over after %v, the request included", took)
	}
}

// TestLeaveIsBounded: a request that takes longer than it may is cut off.
func TestLeaveIsBounded(t *testing.T) {
	s := makeSite(t)
	s.section("times")["drain"], s.section("times")["shutdown"] = "300ms", "300ms"
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	stop := start(t, s)
	answered := inFlight(t, s, 4*time.Second)
	from := time.Now()
	code, _ := stop()
	if took := time.Since(from); code != exitFailed || took < 600*time.Millisecond || took > 2500*time.Millisecond {
		t.Errorf("ended with %d after %v", code, took)
	}
	<-answered // however it ended, it is over
}
