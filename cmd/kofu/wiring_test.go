// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"kofu/api"
	"kofu/api/counter"
	"kofu/api/counter/staff"
	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/qr"
	"kofu/cmd/internal/checkpoint"
	"kofu/cmd/internal/redisstore"
	"kofu/cmd/internal/sqlstore"
	"kofu/kiosk"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

// full gives every key of a site's configuration a value that is not its
// default.
func full(t *testing.T, s *site) {
	t.Helper()
	fonts, err := filepath.Glob(filepath.Join("..", "..", "cert", "pdf", "font", "*.ttf"))
	if err != nil || len(fonts) == 0 {
		t.Fatalf("no font: %v", err)
	}
	font, err := filepath.Abs(fonts[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"redis-password": "redis-secret\n", "sentinel-password": "sentinel-secret\n"} {
		if err := s.write(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	s.config["trusted_proxies"] = []string{"10.1.0.0/16"}
	s.config["redis"] = map[string]any{
		"sentinel": []string{"127.0.0.1:26379"}, "master": "kofu", "sentinel_user": "watch", "sentinel_password": "sentinel-password",
		"user": "kofu", "password": "redis-password", "tls": true, "ca": vrs.RootFile, "replicas": 2, "timeout": "700ms",
	}
	s.config["card_suites"] = map[string]any{"rsa2048-sha256": "2029-12-31"}
	s.config["fonts"] = []string{font}
	s.config["qr"] = map[string]any{"encoder": "skip2"}
	s.section("vrs")["timeout"], s.section("vrs")["max_age"], s.section("vrs")["max_connections"] = "3s", "2m", 7
	s.section("vrs")["per_municipality"] = 6
	s.section("status")["open"], s.section("status")["close"] = "06:31", "22:59"
	s.section("status")["minimum_app_version"] = "2.3.4"
	s.section("status")["maintenance"] = map[string]any{"ja": "停止中", "en": "closed"}
	if _, err := s.openKiosk(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.openCounter(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.section("listen")["counter"].(map[string]any)["certificate"], s.section("listen")["counter"].(map[string]any)["key"] = vrs.ClientFile, vrs.ClientKeyFile
	s.config["counter"] = map[string]any{
		"networks": []string{"10.3.0.0/16"}, "rp_id": "localhost", "origins": []string{"https://localhost:8445"},
		"policy": map[string]any{"second_factor": "totp", "idle": "5m", "absolute": "8h", "alive": "2m", "hourly": 11, "night": map[string]any{"from": "21:00", "until": "05:00"},
			"office": map[string]any{"from": "09:00", "until": "17:00"}, "family_run": 4, "fruitless": 9, "unused_days": 60},
		"municipalities": map[string]any{"900010": map[string]any{"hourly": 7}},
		"checkpoints":    map[string]any{"every": "50s", "key": "log-key", "file": "checkpoints", "folder": "folder", "syslog": "udp://127.0.0.1:514"},
	}
	texts := filepath.Join(s.dir, "texts")
	if err := os.CopyFS(texts, os.DirFS(filepath.Join("..", "..", "kiosk", "text"))); err != nil {
		t.Fatal(err)
	}
	s.section("listen")["kiosk"].(map[string]any)["certificate"], s.section("listen")["kiosk"].(map[string]any)["key"] = vrs.ClientFile, vrs.ClientKeyFile
	s.config["kiosk"] = map[string]any{"texts": "texts", "networks": []string{"10.2.0.0/16"}, "max_sessions": 17, "per_minute": 18, "copy_evident": true}
	s.config["admission"] = map[string]any{"workers": 3, "requests": 99, "off": true}
	fullApp(t, s)
	if err := s.write("operators", bytes.Repeat([]byte("o"), 32)); err != nil {
		t.Fatal(err)
	}
	s.section("secrets")["operators"] = "operators"
	s.config["times"] = map[string]any{"request": "9s", "drain": "10ms", "shutdown": "8s"}
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
}

// TestEveryValueArrives sets every key there is and looks for its value where
// it works, one row a key.
func TestEveryValueArrives(t *testing.T) {
	s := makeSite(t)
	full(t, s)
	p, faults := load(s.path())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	defer func() { _ = errors.Join(p.redis.Close(), p.sql.Close()) }()
	m := newMetrics(p.hash)
	records, err := vrsclient.New(p.vrs)
	if err != nil {
		t.Fatal(err)
	}
	issuing := issuingConfig(p, records, m)
	service, err := issuance.New(issuing)
	if err != nil {
		t.Fatal(err)
	}
	front, err := apiConfig(p, service, m, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	in := newEntrance(p, records, m)
	in.guard(p, front.App, m)
	l := &loader{dir: s.dir, env: p.config.Environment, sum: sha256.New()}
	database, ok := l.sqlConfig(p.config.SQL)
	if !ok {
		t.Fatal(l.faults)
	}
	door := kioskConfig(p, front, service, m.terminals(), slog.New(slog.DiscardHandler))
	office, err := counterConfig(p, service, m.counter(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	all := wired{l.redisConfig(p.config.Redis), issuing, front, door, office, database}
	rows := arrivals(t, s, p, all)
	rows["admission.workers"] = [2]any{in.pool.Slots(), 3}
	rows["admission.requests"] = [2]any{front.App.Running, 99}
	rows["vrs.per_municipality"] = [2]any{p.vrs.PerMunicipality, 6}
	rows["admission.off"] = [2]any{in.judge == nil, true}
	maps.Copy(rows, counterArrivals(t, s, p, office))
	maps.Copy(rows, appArrivals(t, s, p, all))
	elsewhere := map[string]string{
		"listen.counter.address": "TestCounterLetsInRegisteredTerminals", "listen.counter.client_ca": "TestCounterLetsInRegisteredTerminals",
		"listen.kiosk.address": "TestKioskLetsInWhoIsRegistered", "listen.kiosk.client_ca": "TestKioskLetsInWhoIsRegistered", "sql.dsn": "TestPostgresIsTheOneInTheFile",
		"listen.app": "TestServeIssues", "listen.ops": "TestServeIssues", "redis.address": "TestServeIssues",
		"times.drain": "TestLeave", "times.shutdown": "TestLeaveIsBounded",
	}
	for key, row := range rows {
		if !reflect.DeepEqual(row[0], row[1]) {
			t.Errorf("%s: got %v, want %v", key, row[0], row[1])
		}
	}
	for _, key := range paths(reflect.TypeFor[Config](), "") {
		if _, ok := rows[key]; !ok && elsewhere[key] == "" {
			t.Errorf("%s: no row", key)
		}
	}
}

// wired is what the parts of the server are made from.
type wired struct {
	redis   redisstore.Config
	issuing issuance.Config
	front   api.Config
	door    kiosk.Config
	office  counter.Config
	sql     sqlstore.Config
}

// paperVersion is that of a renderer with the fonts of s and symbols by w.
func paperVersion(t *testing.T, s *site, w pdf.SymbolWriter) string {
	t.Helper()
	paper, err := pdf.New(pdf.Config{Fallbacks: s.config["fonts"].([]string), Symbols: w})
	if err != nil {
		t.Fatal(err)
	}
	return paper.Version()
}

// arrivals has, for each key, what arrived and what should have.
func arrivals(t *testing.T, s *site, p *parts, w wired) map[string][2]any {
	t.Helper()
	redis, issuing, front, phones, cards := w.redis, w.issuing, w.front, w.front.App, w.front.App.Cards
	return map[string][2]any{
		"environment":     {redis.Environment, cert.Test},
		"issuer":          {issuing.Issuer, siteIssuer},
		"deep_link_base":  {phones.DeepLinkBase, "https://app.example.jp"},
		"trusted_proxies": {fmt.Sprint(front.TrustedProxies), "[10.1.0.0/16]"},

		"listen.certificate": {leafOf(p.server.Certificates[0].Certificate), fileSum(t, s, vrs.ServerFile)},
		"listen.key":         {p.server.Certificates[0].PrivateKey != nil, true},

		"listen.kiosk.certificate": {leafOf(p.kiosk.Certificates[0].Certificate), fileSum(t, s, vrs.ClientFile)},
		"listen.kiosk.key":         {p.kiosk.Certificates[0].PrivateKey != nil, true},
		"kiosk.texts":              {texts(t, w.door), true},
		"kiosk.networks":           {fmt.Sprint(w.door.Networks), "[10.2.0.0/16]"},
		"kiosk.max_sessions":       {w.door.MaxSessions, 17},
		"kiosk.per_minute":         {w.door.PerMinute, 18},
		"kiosk.copy_evident":       {issuing.CopyEvident, true},
		"sql.driver":               {w.sql.Driver, sqlstore.SQLite},
		"sql.path":                 {w.sql.DSN, filepath.Join(s.dir, "kofu.db")},

		"redis.sentinel":          {fmt.Sprint(redis.Sentinels), "[127.0.0.1:26379]"},
		"redis.master":            {redis.Master, "kofu"},
		"redis.sentinel_user":     {redis.SentinelUsername, "watch"},
		"redis.sentinel_password": {redis.SentinelPassword, "sentinel-secret"},
		"redis.user":              {redis.Username, "kofu"},
		"redis.password":          {redis.Password, "redis-secret"},
		"redis.tls":               {redis.TLS != nil, true},
		"redis.ca":                {redis.TLS.RootCAs.Equal(p.vrs.TLS.RootCAs), true},
		"redis.replicas":          {redis.Replicas, 2},
		"redis.timeout":           {redis.Timeout, 700 * time.Millisecond},

		"secrets.uvci": {string(issuing.UVCISecret[:1]), "u"},
		"secrets.rid":  {string(issuing.RIDSecret[:1]), "r"},

		"secrets.operators": {string(p.operators[:1]), "o"},

		"keys":        {active(issuing.Keys), true},
		"anchors":     {cards.Anchors.Version(), fileSum(t, s, "anchors.json")},
		"card_suites": {cards.Policy.Until[cardauth.RSA2048SHA256], cert.Date{Year: 2029, Month: 12, Day: 31}},

		"municipalities": {[2]*municipality.Registry{issuing.Municipalities.Registry, phones.Municipalities.Registry}, [2]*municipality.Registry{p.towns, p.towns}},
		"fonts":          {issuing.Paper, p.paper},
		"qr.encoder":     {issuing.Paper.Version(), paperVersion(t, s, qr.Skip2{})},

		"vrs.base_url":        {p.vrs.BaseURL, s.gateway.URL},
		"vrs.ca":              {p.vrs.TLS.RootCAs != nil, true},
		"vrs.certificate":     {leafOf(p.vrs.TLS.Certificates[0].Certificate), fileSum(t, s, vrs.ClientFile)},
		"vrs.key":             {p.vrs.TLS.Certificates[0].PrivateKey != nil, true},
		"vrs.credentials":     {p.vrs.Credentials, s.standIn.Credentials()},
		"vrs.timeout":         {p.vrs.Timeout, 3 * time.Second},
		"vrs.max_age":         {p.vrs.MaxAge, 2 * time.Minute},
		"vrs.max_connections": {p.vrs.MaxConns, 7},

		"status.open":                {phones.Status.Open, "06:31"},
		"status.close":               {phones.Status.Close, "22:59"},
		"status.minimum_app_version": {phones.Status.MinimumAppVersion, "2.3.4"},
		"status.maintenance.ja":      {phones.Status.Maintenance.Ja, "停止中"},
		"status.maintenance.en":      {phones.Status.Maintenance.En, "closed"},
		"times.request":              {[3]time.Duration{front.Timeout, publicServer(nil, nil, p).WriteTimeout, w.door.Timeout}, [3]time.Duration{9 * time.Second, 29 * time.Second, kioskTimeout}},
	}
}

// counterArrivals is arrivals for the counter.
func counterArrivals(t *testing.T, s *site, p *parts, office counter.Config) map[string][2]any {
	t.Helper()
	own, all := office.Staff.Policy("900010"), office.Staff.Policy("131016")
	return map[string][2]any{
		"listen.counter.certificate": {leafOf(p.counter.Certificates[0].Certificate), fileSum(t, s, vrs.ClientFile)},
		"listen.counter.key":         {p.counter.Certificates[0].PrivateKey != nil, true},
		"secrets.staff":              {string(office.Staff.Config.Secret[:1]), "s"},
		"counter.networks":           {fmt.Sprint(office.Networks), "[10.3.0.0/16]"},
		"counter.rp_id":              {office.Staff.Passkeys != nil, true},
		"counter.origins":            {office.Staff.Passkeys != nil, true},

		"counter.policy.second_factor": {all.SecondFactor, staff.TOTP},
		"counter.policy.idle":          {all.Idle, 5 * time.Minute},
		"counter.policy.absolute":      {all.Absolute, 8 * time.Hour},
		"counter.policy.alive":         {all.Alive, 2 * time.Minute},
		"counter.policy.hourly":        {all.Hourly, 11},
		"counter.policy.night.from":    {all.NightFrom, "21:00"},
		"counter.policy.night.until":   {all.NightUntil, "05:00"},
		"counter.policy.office.from":   {all.OfficeFrom, "09:00"},
		"counter.policy.office.until":  {all.OfficeUntil, "17:00"},
		"counter.policy.family_run":    {all.FamilyRun, 4},
		"counter.policy.fruitless":     {all.Fruitless, 9},
		"counter.policy.unused_days":   {all.Unused, 60 * 24 * time.Hour},
		"counter.municipalities":       {[2]int{own.Hourly, own.Fruitless}, [2]int{7, 9}},

		"counter.checkpoints.every":  {p.noting.every, 50 * time.Second},
		"counter.checkpoints.key":    {p.noting.signer.Origin(), "test/log"},
		"counter.checkpoints.file":   {p.noting.places[0], place(checkpoint.NewFile(filepath.Join(s.dir, "checkpoints")))},
		"counter.checkpoints.folder": {p.noting.places[1], place(checkpoint.NewFolder(filepath.Join(s.dir, "folder")))},
		"counter.checkpoints.syslog": {fmt.Sprint(p.noting.places[2]), "&{udp 127.0.0.1:514}"},
	}
}

// paths lists the keys that have values, with dots between.
func paths(t reflect.Type, where string) (keys []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if path := where + f.Tag.Get("json"); f.Type.Kind() == reflect.Struct {
			keys = append(keys, paths(f.Type, path+".")...)
		} else {
			keys = append(keys, path)
		}
	}
	return keys
}

func texts(t *testing.T, c kiosk.Config) bool {
	t.Helper()
	data, err := fs.ReadFile(c.Texts, "ja.json")
	return err == nil && len(data) > 0
}

func active(r *keys.Ring) bool {
	_, err := r.Active(keys.SHC, cert.App)
	return err == nil
}

func fileSum(t *testing.T, s *site, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if block, _ := pem.Decode(data); block != nil {
		data = block.Bytes
	}
	return sum(data)
}

func leafOf(chain [][]byte) string { return sum(chain[0]) }

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
