// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/test/attest"
	"kofu/test/card"
	"kofu/test/vrs"
	"kofu/test/wrongperson"
)

// The replicas: one asks every app to prove itself, another none, so that what
// is behind the proof is reached. Two count networks as production does, one of
// them behind a proxy.
const (
	strict = iota
	open
	limited
	proxied
	replicas
)

const few = 10 // challenges that a network may have where they are counted

const (
	appID      = "ABCDE12345.jp.example.kofu"
	appPackage = "jp.example.kofu"
)

// world is a site with keys in our hands that an attacker would like to have.
type world struct {
	*wrongperson.Site
	roots    *x509.CertPool
	log      journal
	apple    *attest.Apple
	google   *attest.Google
	device   *ecdsa.PrivateKey     // signs device credentials
	clients  map[string]*authority // by door: certify what the door takes
	members  []vrs.Member
	issue    func(vrs.Member) (*card.Card, error)
	terminal tls.Certificate // of the registered terminal t-1
	desk     tls.Certificate // of the registered desk d-1
	clerk    wrongperson.Clerk
}

// journal keeps all that the replicas say.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// shared is the world of most drills: to build one takes seconds.
type shared struct {
	once  sync.Once
	dir   string
	world *world
	err   error
}

var first shared

func TestMain(m *testing.M) {
	code := m.Run()
	if first.world != nil {
		first.world.Close()
	}
	if first.dir != "" {
		_ = os.RemoveAll(first.dir)
	}
	os.Exit(code)
}

// theWorld is shared by all drills, which leave it as they found it.
func theWorld(t *testing.T) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("many programs are started")
	}
	first.once.Do(func() {
		if first.dir, first.err = os.MkdirTemp("", "kofu-drills-"); first.err != nil {
			return
		}
		if first.err = wrongperson.Build(context.Background(), filepath.Join("..", ".."), first.dir, ""); first.err == nil {
			first.world, first.err = newWorld(context.Background(), first.dir)
		}
	})
	if errors.Is(first.err, wrongperson.ErrMissing) && os.Getenv("KOFU_REQUIRE") != "1" {
		t.Skip(first.err)
	}
	if first.err != nil {
		t.Fatal(first.err)
	}
	first.world.watch(t)
	return first.world
}

const (
	crowd  = 400 // persons
	places = 64  // requests that a door serves at once; the counter's own lane has as many
)

func newWorld(ctx context.Context, programs string) (w *world, err error) {
	w = &world{clients: map[string]*authority{}}
	for _, door := range []string{"kiosk", "counter"} {
		if w.clients[door], err = newAuthority(); err != nil {
			return nil, err
		}
	}
	if w.apple, err = attest.NewApple(time.Now()); err != nil {
		return nil, err
	}
	if w.google, err = attest.NewGoogle(time.Now); err != nil {
		return nil, err
	}
	if w.device, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	for m := range vrs.Members(crowd, 1) {
		w.members = append(w.members, m)
	}
	c := wrongperson.Config{Asked: crowd, Seed: 1, Replicas: replicas, Log: &w.log, Adjust: w.adjust}
	if w.Site, err = wrongperson.Open(ctx, programs, c); err != nil {
		return nil, err
	}
	w.issue = w.Cards()
	if err := w.furnish(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// adjust has a replica take our terminals, and the strict one our phones.
func (w *world) adjust(s *wrongperson.Site, replica int, settings map[string]any) error {
	settings["times"].(map[string]any)["request"] = "10s"
	settings["admission"] = map[string]any{"requests": places}
	switch replica {
	case proxied:
		settings["trusted_proxies"] = []string{"127.0.0.0/8"}
		fallthrough
	case limited:
		settings["app"].(map[string]any)["limits"].(map[string]any)["per_prefix"] = few
	case strict:
		decryption, verification := w.google.Console()
		digest := attest.AppCertificate()
		settings["app"] = map[string]any{
			"apple": map[string]any{"roots": "apple.pem", "app_ids": []string{appID}},
			"google": map[string]any{"package": appPackage, "certificate_digests": []string{colons(digest[:])},
				"decryption_key": "play-decryption", "verification_key": "play-verification"},
			"credential": map[string]any{"key": "device.pem"},
			"limits":     settings["app"].(map[string]any)["limits"],
			"releases": map[string]any{"ios": map[string]any{"minimum": "2.1.0", "store": "https://apps.apple.com/jp/app/id1"},
				"android": map[string]any{"minimum": "2.1.0", "store": "https://play.google.com/store/apps/details?id=" + appPackage}},
		}
		der, err := x509.MarshalPKCS8PrivateKey(w.device)
		if err != nil {
			return err
		}
		err = errors.Join(os.WriteFile(s.Path("apple.pem"), w.apple.RootPEM(), 0o600), os.WriteFile(s.Path("device.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600),
			os.WriteFile(s.Path("play-decryption"), []byte(decryption+"\n"), 0o600), os.WriteFile(s.Path("play-verification"), []byte(verification+"\n"), 0o600))
		if err != nil {
			return err
		}
		for door, folder := range map[string]string{"kiosk": "terminals", "counter": "offices"} {
			f, err := os.OpenFile(s.Path(folder, vrs.RootFile), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.Write(w.clients[door].pem())
			if err := errors.Join(err, f.Close()); err != nil {
				return err
			}
		}
	}
	return nil
}

func colons(b []byte) string {
	pairs := make([]string, len(b))
	for i := range b {
		pairs[i] = strings.ToUpper(hex.EncodeToString(b[i : i+1]))
	}
	return strings.Join(pairs, ":")
}

// furnish registers a terminal of ours, and opens the counter with a clerk.
func (w *world) furnish(ctx context.Context) error {
	root, err := w.Root()
	if err != nil {
		return err
	}
	w.roots = x509.NewCertPool()
	w.roots.AppendCertsFromPEM(root)
	if w.terminal, err = w.clients["kiosk"].client(nil); err != nil {
		return err
	}
	if err := os.WriteFile(w.Path("t-1.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.terminal.Certificate[0]}), 0o600); err != nil {
		return err
	}
	if _, err := w.Staff(ctx, "terminal", "add", "t-1", "-store", "s-1", "-operator", "mart", "-certificate", w.Path("t-1.pem")); err != nil {
		return err
	}
	if w.desk, err = tls.LoadX509KeyPair(w.Path("offices", vrs.ClientFile), w.Path("offices", vrs.ClientKeyFile)); err != nil {
		return err
	}
	clerks, err := w.Office(ctx, 1)
	if err != nil {
		return err
	}
	w.clerk = clerks[0]
	return nil
}

// long reports whether there is time.
func long() bool { return os.Getenv("KOFU_LONG") == "1" }

// watch holds what a drill leaves behind: all replicas run, serve and are
// ready, nothing has panicked, and no answer had to be "internal".
func (w *world) watch(t *testing.T) {
	t.Helper()
	before := len(w.log.String())
	t.Cleanup(func() {
		said := w.log.String()[before:]
		for _, bad := range []string{"panic", "goroutine ", "runtime error", `"status":500`, "status=500", `"code":"internal"`, "code=internal"} {
			if i := strings.Index(said, bad); i >= 0 {
				t.Errorf("the log has %q: %s", bad, said[max(0, i-300):min(len(said), i+900)])
			}
		}
		w.healthy(t)
	})
}

// healthy asks all replicas whether they are ready.
func (w *world) healthy(t *testing.T) {
	t.Helper()
	var group sync.WaitGroup
	for i := range replicas {
		group.Go(func() {
			if err := w.ready(i, 20*time.Second); err != nil {
				t.Errorf("replica %d: %v", i, err)
			}
		})
	}
	group.Wait()
}

func (w *world) ready(replica int, limit time.Duration) error {
	last := errors.New("not asked")
	for begun := time.Now(); time.Since(begun) < limit; time.Sleep(50 * time.Millisecond) {
		if !w.Running(replica) {
			return errors.New("it has ended")
		}
		res, err := http.Get("http://" + w.Address(replica, "ops") + "/readyz")
		if err != nil {
			last = err
			continue
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return nil
		}
		last = errors.New(string(body))
	}
	return last
}

// transport reaches a door, as whoever holds the certificate.
func (w *world) transport(certificates ...tls.Certificate) *http.Transport {
	return &http.Transport{TLSClientConfig: w.dialer(certificates...), MaxIdleConnsPerHost: 16, DisableCompression: true}
}

func (w *world) dialer(certificates ...tls.Certificate) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: w.roots, ServerName: "localhost", Certificates: certificates}
}

// browser is a client that follows nothing.
func (w *world) browser(certificates ...tls.Certificate) *http.Client {
	return &http.Client{Transport: w.transport(certificates...), Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// url is an address at a replica's door.
func (w *world) url(replica int, door, path string) string {
	return "https://" + w.Address(replica, door) + path
}

// must is for what cannot fail but by our own fault.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
