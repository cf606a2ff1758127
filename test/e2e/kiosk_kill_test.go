// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"kofu/cert/pdf"
	"kofu/test/card"
	"kofu/test/keyring"
	"kofu/test/terminal"
	"kofu/test/vrs"
)

// centre is two replicas of the program as it ships, with one Redis, one
// database and one record service behind them.
type centre struct {
	t       *testing.T
	dir     string
	pki     *card.PKI
	records *vrs.Server
	doors   [2]string // addresses for terminals
	ops     [2]string
	running [2]*exec.Cmd
	client  *http.Client
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newCentre(t *testing.T) *centre {
	t.Helper()
	c := &centre{t: t, dir: t.TempDir(), pki: must(card.NewPKI("9000033"))(t), records: must(vrs.Open(vrs.Config{}))(t)}
	t.Cleanup(func() { _ = c.records.Close() })
	redis := must(miniredis.Run())(t)
	t.Cleanup(redis.Close)
	certs, terminals := must(vrs.NewCertificates())(t), must(vrs.NewCertificates())(t)
	gateway := must(c.records.StartWith("127.0.0.1:0", certs))(t)
	t.Cleanup(func() { _ = gateway.Close() })
	folder := filepath.Join(c.dir, "terminals")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{certs.Write(c.dir), terminals.Write(folder), keyring.Generate(filepath.Join(c.dir, "keys"), "https://kofu.example/issuer")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	credentials := map[string]string{}
	for code, secret := range c.records.Credentials() {
		credentials[string(code)] = "credential-" + string(code)
		c.write(credentials[string(code)], []byte(secret))
	}
	c.write("anchors.json", c.pki.AnchorsJSON())
	c.write("municipalities.json", vrs.MunicipalitiesJSON())
	c.write("uvci", bytes.Repeat([]byte("u"), 32))
	c.write("rid", bytes.Repeat([]byte("r"), 32))
	for i := range 2 {
		c.doors[i], c.ops[i] = c.free(), c.free()
		c.configure(i, redis.Addr(), gateway.URL, credentials)
	}
	output(t, nil, ours(t, "kofu"), "staff", "terminal", "add", "t-1", "-config", c.config(0), "-by", "test", "-store", "s-1", "-operator", "op",
		"-certificate", filepath.Join(folder, vrs.ClientFile))
	c.client = c.terminalClient(terminals.ClientTLS())
	return c
}

func (c *centre) write(name string, data []byte) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), data, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *centre) free() string {
	c.t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(c.t)
	defer l.Close()
	return l.Addr().String()
}

func (c *centre) config(i int) string { return filepath.Join(c.dir, fmt.Sprintf("kofu-%d.json", i)) }

func (c *centre) configure(i int, redis, gateway string, credentials map[string]string) {
	c.t.Helper()
	config := map[string]any{
		"environment": "test", "issuer": "https://kofu.example/issuer", "deep_link_base": "https://app.kofu.example",
		"listen": map[string]any{
			"app": c.free(), "certificate": vrs.ServerFile, "key": vrs.ServerKeyFile, "ops": c.ops[i],
			"kiosk": map[string]any{"address": c.doors[i], "certificate": vrs.ServerFile, "key": vrs.ServerKeyFile, "client_ca": "terminals/" + vrs.RootFile},
		},
		"redis": map[string]any{"address": redis}, "sql": map[string]any{"driver": "sqlite", "path": "kofu.db"},
		"secrets": map[string]any{"uvci": "uvci", "rid": "rid"},
		"keys":    "keys/" + keyring.Manifest, "anchors": "anchors.json", "municipalities": "municipalities.json",
		"vrs":    map[string]any{"base_url": gateway, "ca": vrs.RootFile, "certificate": vrs.ClientFile, "key": vrs.ClientKeyFile, "credentials": credentials},
		"status": map[string]any{"open": "00:00", "close": "24:00", "minimum_app_version": "1.0.0"},
		"times":  map[string]any{"drain": "10ms"},
		"kiosk":  map[string]any{"per_minute": 100000},
		"app":    map[string]any{"attestation": "off"},
	}
	c.write(filepath.Base(c.config(i)), must(json.Marshal(config))(c.t))
}

// terminalClient trusts the centre's certificate and shows the terminal's.
func (c *centre) terminalClient(mine *tls.Config) *http.Client {
	c.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(filepath.Join(c.dir, vrs.RootFile)))(c.t))
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: mine.Certificates, ServerName: "localhost"}}
	c.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// start runs a replica, and returns when it is ready.
func (c *centre) start(i int) {
	c.t.Helper()
	p := exec.Command(ours(c.t, "kofu"), "serve", "-config", c.config(i))
	var said lines
	p.Stderr = &said
	if err := p.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.running[i] = p
	c.t.Cleanup(func() { c.kill(i) })
	for range 400 {
		res, err := http.Get("http://" + c.ops[i] + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	c.t.Fatalf("replica %d is not ready: %s", i, said.String())
}

// kill ends a replica as a power cut does.
func (c *centre) kill(i int) {
	if p := c.running[i]; p != nil {
		_ = p.Process.Kill()
		_ = p.Wait()
		c.running[i] = nil
	}
}

func (c *centre) card(r vrs.Resident) terminal.Card {
	c.t.Helper()
	town := must(c.pki.NewMunicipality(string(r.Municipality)[:5]))(c.t)
	chip := must(town.Issue(card.Holder{MyNumber: r.Number, Name: r.Name, Address: r.Address, BirthDate: r.Birth.Compact(), Sex: fmt.Sprint(r.Sex), PIN: r.PIN}))(c.t)
	return terminal.Chip(chip)
}

// walk is one person at a terminal that reaches both replicas, the first one
// first. when happens once, as soon as the screen is shown.
func (c *centre) walk(r vrs.Resident, screen string, when func()) (terminal.Result, []time.Duration, error) {
	c.t.Helper()
	term := must(terminal.New(terminal.Config{URLs: []string{"https://" + c.doors[0], "https://" + c.doors[1]}, HTTP: c.client}))(c.t)
	var gaps []time.Duration
	last := time.Now()
	p := terminal.Person{Card: c.card(r), PIN: r.PIN, Kind: "overseas", Towns: []string{string(r.Municipality)}, Passport: "yes", Copies: 2, CoinsYen: []int{100, 100, 100}}
	p.Each = func(context.Context, *terminal.Terminal) error {
		gaps, last = append(gaps, time.Since(last)), time.Now()
		return nil
	}
	p.Deeds = map[string]terminal.Deed{screen: func(context.Context, *terminal.Terminal) error { when(); return nil }}
	res, err := p.Walk(c.t.Context(), term)
	return res, gaps, err
}

// In every state of a session the replica that serves it is killed. The
// session goes on at the other one, before the fee and after it, and comes to
// the person's paper, paid once.
//
// Rows: A3, R1.3, C2
func TestKilledAtEveryScreen(t *testing.T) {
	if testing.Short() {
		t.Skip("many programs are started")
	}
	c := newCentre(t)
	c.start(0)
	c.start(1)
	r := resident(t, func(r vrs.Resident) bool { return r.Expected.KioskOverseas == "issued" })
	whole, _, err := c.walk(r, "", nil)
	if err != nil || whole.Last != "thanks" {
		t.Fatalf("a walk without trouble: %s, %v", whole.Last, err)
	}
	screens := map[string]bool{}
	for _, id := range whole.Screens {
		if screens[id] || id == whole.Last {
			continue
		}
		screens[id] = true
		for _, delay := range []time.Duration{0, 3 * time.Millisecond} { // between two events, and while the next one is served
			res, gaps, err := c.walk(r, id, func() {
				if delay == 0 {
					c.kill(0)
					return
				}
				victim := c.running[0].Process
				go func() { time.Sleep(delay); _ = victim.Kill() }()
			})
			if err != nil || res.Last != "thanks" {
				t.Errorf("killed at %s: ends on %s: %v", id, res.Last, err)
			}
			for _, g := range gaps {
				if g > 10*time.Second {
					t.Errorf("killed at %s: nothing for %s", id, g)
				}
			}
			c.onePaper(id, r, res)
			c.kill(0)
			c.start(0)
		}
	}
	if len(screens) < 12 {
		t.Errorf("only %d screens: %v", len(screens), whole.Screens)
	}
	c.books()
}

// onePaper holds what the person has in hand against who they are and what
// they paid.
func (c *centre) onePaper(where string, r vrs.Resident, res terminal.Result) {
	c.t.Helper()
	if len(res.Sheets) != 2 || res.Coins.Captured != 240 || !res.CardOut {
		c.t.Errorf("killed at %s: %d sheets, coins %+v, card out %v", where, len(res.Sheets), res.Coins, res.CardOut)
	}
	for _, s := range res.Sheets {
		page, err := pdf.Read(s.PDF)
		if err != nil {
			c.t.Fatal(err)
		}
		found := false
		for _, run := range page.Runs {
			found = found || run.Text == r.Name
		}
		if !found {
			c.t.Errorf("killed at %s: the paper does not have the person's name", where)
		}
	}
}

// books asks for the day's reconciliation: nothing is open, nothing is off.
func (c *centre) books() {
	c.t.Helper()
	day := time.Now().In(time.FixedZone("JST", 9*3600)).Format("2006-01-02")
	csv := string(output(c.t, nil, ours(c.t, "kofu"), "staff", "report", "-config", c.config(0), "-day", day))
	if !strings.Contains(csv, "total") || strings.Contains(csv, "JPN9") {
		c.t.Errorf("the books: %s", csv)
	}
	c.t.Log("\n" + csv)
}
