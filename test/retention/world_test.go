// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/card"
	"kofu/test/keyring"
	"kofu/test/vrs"
)

// built are the programs, built once.
type built struct {
	once sync.Once
	dir  string
	err  error
}

func (b *built) build() {
	if b.dir, b.err = os.MkdirTemp("", "kofu-retention-"); b.err != nil {
		return
	}
	build := exec.Command("go", "build", "-o", b.dir+string(filepath.Separator), "./cmd/kofu", "./cmd/vrs")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		b.err = fmt.Errorf("%w: %s", err, said)
	}
}

var programs built

func TestMain(m *testing.M) {
	if what := os.Getenv(plantEnv); what != "" {
		plant(what)
	}
	code := m.Run()
	if programs.dir != "" {
		_ = os.RemoveAll(programs.dir) // of no use to anybody
	}
	os.Exit(code)
}

func ours(t *testing.T, name string) string {
	t.Helper()
	programs.once.Do(programs.build)
	if programs.err != nil {
		t.Fatal(programs.err)
	}
	return filepath.Join(programs.dir, name)
}

func theirs(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("KOFU_REQUIRE") == "1":
		t.Fatal("install " + name)
	default:
		t.Skip("install " + name)
	}
	return path
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

// lines is what a program has written so far.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.text.Bytes())
}

// world is one server as it ships, with all around it in processes of their
// own. Nothing of the persons is in dir, nor may it come there.
type world struct {
	t                          *testing.T
	dir, outside               string // of the server; of everything else
	pki                        *card.PKI
	town                       *card.Municipality
	app, ops, kiosk, counter   string
	faults                     string // the record service's switchboard
	redis                      *redisServer
	server                     *exec.Cmd
	log                        lines
	ended                      chan struct{}
	watched                    *watchedFiles
	before                     map[string]int64
	terminalCerts, officeCerts *vrs.Certificates
}

func newWorld(t *testing.T, all []*planted) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), outside: t.TempDir(), ended: make(chan struct{})}
	w.redis = startRedis(t)
	data, certs := filepath.Join(w.outside, "data"), filepath.Join(w.outside, "certs")
	w.folders(data, certs, w.path("terminals"), w.path("offices"), w.path("tmp"), w.path("home"), w.path("cwd"), w.path("db"))
	writeResidents(t, data, all)
	gateway := w.startGateway(certs, data)
	w.pki = must(card.NewPKI("9000033"))(t)
	w.town = must(w.pki.NewMunicipality(town[:5]))(t)
	w.terminalCerts, w.officeCerts = must(vrs.NewCertificates())(t), must(vrs.NewCertificates())(t)
	for _, err := range []error{os.CopyFS(w.path("vrs"), os.DirFS(certs)), w.terminalCerts.Write(w.path("terminals")), w.officeCerts.Write(w.path("offices")),
		keyring.Generate(w.path("keys"), "https://kofu.example/issuer")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.configure(gateway)
	w.start()
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) folders(paths ...string) {
	w.t.Helper()
	for _, p := range paths {
		if err := os.MkdirAll(p, 0o700); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) write(name string, data []byte) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func free(t *testing.T) string {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	return l.Addr().String()
}

// startGateway runs the record service, and returns its address.
func (w *world) startGateway(certs, data string) (url string) {
	w.t.Helper()
	c := exec.Command(ours(w.t, "vrs"), "-certs", certs, "-residents", data, "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0")
	var said lines
	c.Stdout, c.Stderr = &said, &said
	w.run(c)
	for range 400 {
		f := strings.Fields(string(said.Bytes()))
		for i := range len(f) - 1 {
			switch f[i] {
			case "gateway":
				url = f[i+1]
			case "faults":
				w.faults = f[i+1]
			}
		}
		if url != "" && w.faults != "" {
			return url
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.t.Fatalf("the record service does not start:\n%s", said.Bytes())
	return ""
}

// run starts c, and ends it with the test.
func (w *world) run(c *exec.Cmd) (ended chan struct{}) {
	w.t.Helper()
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended = make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	w.t.Cleanup(func() { _ = c.Process.Kill(); <-ended })
	return ended
}

// fault makes the record service fail, until mend.
func (w *world) fault(query string) {
	w.t.Helper()
	res := must(http.Post(w.faults+"?"+query, "", nil))(w.t)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		w.t.Fatalf("fault %s: %d", query, res.StatusCode)
	}
}

func (w *world) mend() {
	w.t.Helper()
	res := must(http.DefaultClient.Do(must(http.NewRequestWithContext(w.t.Context(), http.MethodDelete, w.faults, nil))(w.t)))(w.t)
	_ = res.Body.Close()
}

func (w *world) configure(gateway string) {
	w.t.Helper()
	w.app, w.ops, w.kiosk, w.counter = free(w.t), free(w.t), free(w.t), free(w.t)
	credential := must(os.ReadFile(w.path("vrs/credential-" + town)))(w.t)
	w.write("credential", credential)
	w.write("anchors.json", w.pki.AnchorsJSON())
	w.write("municipalities.json", oneTown(w.t))
	for _, name := range []string{"uvci", "rid", "staff"} {
		w.write(name, bytes.Repeat([]byte(name[:1]), 32))
	}
	if said, err := exec.Command(ours(w.t, "kofu"), "staff", "log", "key", "new", "-origin", "test/log", w.path("log-key")).CombinedOutput(); err != nil {
		w.t.Fatalf("%v: %s", err, said)
	}
	door := func(address, folder string) map[string]any {
		return map[string]any{"address": address, "certificate": "vrs/" + vrs.ServerFile, "key": "vrs/" + vrs.ServerKeyFile, "client_ca": folder + "/" + vrs.RootFile}
	}
	night := time.Now().In(cert.JST()).Add(11 * time.Hour)
	config := map[string]any{
		"environment": "test", "issuer": "https://kofu.example/issuer", "deep_link_base": "https://app.kofu.example",
		"listen": map[string]any{"app": w.app, "certificate": "vrs/" + vrs.ServerFile, "key": "vrs/" + vrs.ServerKeyFile, "ops": w.ops,
			"kiosk": door(w.kiosk, "terminals"), "counter": door(w.counter, "offices")},
		"redis":   map[string]any{"address": w.redis.proxy},
		"sql":     map[string]any{"driver": "sqlite", "path": "db/kofu.db"},
		"secrets": map[string]any{"uvci": "uvci", "rid": "rid", "staff": "staff"},
		"keys":    "keys/" + keyring.Manifest, "anchors": "anchors.json", "municipalities": "municipalities.json",
		"vrs": map[string]any{"base_url": gateway, "ca": "vrs/" + vrs.RootFile, "certificate": "vrs/" + vrs.ClientFile, "key": "vrs/" + vrs.ClientKeyFile,
			"credentials": map[string]string{town: "credential"}, "timeout": "3s"},
		"status": map[string]any{"open": "00:00", "close": "24:00", "minimum_app_version": "1.0.0"},
		"times":  map[string]any{"drain": "10ms"},
		"kiosk":  map[string]any{"per_minute": 100000},
		"app":    map[string]any{"attestation": "off"},
		"counter": map[string]any{
			"checkpoints": map[string]any{"every": "100ms", "key": "log-key", "file": "db/checkpoints"},
			"policy": map[string]any{"second_factor": "totp", "hourly": 1000, "night": map[string]any{"from": night.Format("15:04"), "until": night.Add(time.Minute).Format("15:04")},
				"office": map[string]any{"from": "00:00", "until": "24:00"}},
		},
	}
	w.write("kofu.json", must(json.MarshalIndent(config, "", " "))(w.t))
}

// oneTown is the table of who takes part with one row.
func oneTown(t *testing.T) []byte {
	t.Helper()
	var table struct {
		Municipalities []map[string]any `json:"municipalities"`
	}
	if err := json.Unmarshal(vrs.MunicipalitiesJSON(), &table); err != nil {
		t.Fatal(err)
	}
	for _, m := range table.Municipalities {
		if m["code"] == town {
			return must(json.Marshal(map[string]any{"municipalities": []any{m}}))(t)
		}
	}
	t.Fatal("no such town")
	return nil
}

// start runs the server, in folders of its own.
func (w *world) start() {
	w.t.Helper()
	w.staff("terminal", "add", "t-1", "-store", "s-1", "-operator", "op", "-certificate", w.path("terminals/"+vrs.ClientFile))
	w.staff("desk", "add", "d-1", "-municipality", town, "-place", "本庁舎1階", "-certificate", w.path("offices/"+vrs.ClientFile))
	w.before = files(w.t, w.dir)
	c := exec.Command(ours(w.t, "kofu"), "serve", "-config", w.path("kofu.json"))
	c.Dir = w.path("cwd")
	c.Env = []string{"TMPDIR=" + w.path("tmp"), "HOME=" + w.path("home"), "PATH=/nowhere"}
	c.Stdout, c.Stderr = &w.log, &w.log
	w.ended = w.run(c)
	w.server = c
	w.watched = watchFiles(w.t, c.Process.Pid)
	for range 400 {
		if res, err := http.Get("http://" + w.ops + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	w.t.Fatalf("the server is not ready:\n%s", w.log.Bytes())
}

// staff runs a command of the people who run the service.
func (w *world) staff(args ...string) string {
	w.t.Helper()
	c := exec.CommandContext(w.t.Context(), ours(w.t, "kofu"), append([]string{"staff"}, append(args, "-config", w.path("kofu.json"), "-by", "test")...)...)
	out, err := c.CombinedOutput()
	if err != nil {
		w.t.Fatalf("kofu staff %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// client trusts the server and shows a certificate, if any.
func (w *world) client(certs *vrs.Certificates, http2 bool) *http.Client {
	w.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(w.path("vrs/" + vrs.RootFile)))(w.t))
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "localhost"}
	if certs != nil {
		c.Certificates = certs.ClientTLS().Certificates
	}
	transport := &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: http2}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

func (w *world) get(path string) []byte {
	w.t.Helper()
	res := must(http.Get("http://" + w.ops + path))(w.t)
	defer res.Body.Close()
	return must(io.ReadAll(res.Body))(w.t)
}

// crash ends the server by the signal that has Go programs print what every
// goroutine does.
func (w *world) crash() {
	w.t.Helper()
	if err := w.server.Process.Signal(syscall.SIGQUIT); err != nil {
		w.t.Fatal(err)
	}
	select {
	case <-w.ended:
	case <-time.After(20 * time.Second):
		w.t.Error("the server does not end by SIGQUIT")
	}
}
