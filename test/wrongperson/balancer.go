// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// startBalancer puts HAProxy before the replicas: TCP alone, so that TLS ends
// where it should, and whoever is not ready gets nobody.
func (s *Site) startBalancer(ctx context.Context) error {
	path, err := find("haproxy", "/usr/sbin/haproxy")
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("global\n  maxconn 2000\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 2m\n  timeout server 2m\n  timeout queue 2s\n  timeout check 3s\n" +
		"  retries 3\n  option redispatch 1\n  balance leastconn\n  option httpchk GET /readyz\n")
	for _, door := range []struct {
		name string
		at   func(*replica) string
	}{{"app", func(r *replica) string { return r.app }}, {"kiosk", func(r *replica) string { return r.kiosk }}, {"counter", func(r *replica) string { return r.counter }}} {
		if s.doors[door.name], err = free(); err != nil {
			return err
		}
		fmt.Fprintf(&b, "listen %s\n  bind %s\n", door.name, s.doors[door.name])
		for _, r := range s.replicas {
			fmt.Fprintf(&b, "  server r%d %s %s\n", r.number, door.at(r), watched(door.name, r))
		}
	}
	file := s.path("haproxy.cfg")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return err
	}
	if s.balancer, err = launch("haproxy", nil, nil, path, "-db", "-q", "-f", file); err != nil {
		return err
	}
	for _, addr := range s.doors {
		if err := until(ctx, 10*time.Second, "HAProxy does not listen: "+s.balancer.said.String(), answers(addr)); err != nil {
			return err
		}
	}
	return nil
}

// watched says how it is known whether a replica may be used: it is asked for
// one door, and the others go by that.
func watched(door string, r *replica) string {
	if door != "app" {
		return fmt.Sprintf("track app/r%d", r.number)
	}
	return "check inter 500ms fall 2 rise 1 port " + r.ops[strings.LastIndexByte(r.ops, ':')+1:]
}

// get asks an operations listener, or a switchboard.
func get(ctx context.Context, url string) (int, string, error) {
	return ask(ctx, http.MethodGet, url)
}

func ask(ctx context.Context, method, url string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, string(data), err
}
