// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/keys/filekey"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/qr"
	"kofu/cmd/internal/redisstore"
	"kofu/cmd/internal/sqlstore"
	"kofu/cmd/internal/sqlstore/postgres"
	"kofu/vrsclient"
)

func (l *loader) listen(p *parts) {
	p.server = &tls.Config{
		Certificates: l.pair("listen", p.config.Listen.Certificate, p.config.Listen.Key),
		MinVersion:   tls.VersionTLS12,
		CipherSuites: suites(),
	}
}

// suites are those of TLS 1.2 that keep what was said secret from whoever gets
// the key later, and that encrypt and authenticate in one. Go's own list has
// others for old peers. TLS 1.3 has none but such.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// kiosk reads what the door for terminals is made of, where there is one.
func (l *loader) kiosk(p *parts) {
	c := p.config.Listen.Kiosk
	if !c.served() {
		return
	}
	p.kiosk = l.mutual("listen.kiosk", c)
	if p.config.Kiosk.Texts != "" {
		p.texts = l.folder("kiosk.texts", p.config.Kiosk.Texts)
	}
}

// mutual reads what a listener that asks for certificates is made of.
func (l *loader) mutual(where string, c MutualListener) *tls.Config {
	return &tls.Config{
		Certificates: l.pair(where, c.Certificate, c.Key),
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    l.roots(where+".client_ca", c.ClientCA),
		MinVersion:   tls.VersionTLS12,
		CipherSuites: suites(),
		// A session that is taken up again is one whose certificate nobody looks at.
		SessionTicketsDisabled: true,
	}
}

// sql says which database; nothing connects to it yet.
func (l *loader) sql(p *parts) {
	c, ok := l.sqlConfig(p.config.SQL)
	if !ok {
		return // said already
	}
	store, err := sqlstore.New(c)
	l.say("sql", err)
	p.sql = store
}

func (l *loader) sqlConfig(s SQL) (c sqlstore.Config, ok bool) {
	if len(s.faults(l.env)) > 0 || s.Driver == "" || l.env == "" {
		return c, false
	}
	c = sqlstore.Config{Driver: s.Driver, DSN: s.Path}
	if s.Driver == sqlstore.SQLite {
		if s.Path != sqlstore.Memory {
			c.DSN = l.path(s.Path)
			l.database("sql.path", c.DSN)
		}
		return c, true
	}
	dsn := l.word("sql.dsn", s.DSN)
	if dsn == nil {
		return c, false
	}
	var err error
	c.Connector, err = postgres.New(string(dsn), l.env)
	l.say("sql.dsn", err)
	return c, err == nil
}

// database looks at the file of SQLite, or, where there is none yet, at its
// folder.
func (l *loader) database(where, path string) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		l.inFolder(where, filepath.Dir(path))
		return
	}
	switch {
	case err != nil:
		l.say(where, err)
	case !info.Mode().IsRegular():
		l.say(where, fmt.Errorf("%s: not a file", path))
	case l.env == cert.Production && info.Mode().Perm()&0o007 != 0:
		l.say(where, fmt.Errorf("%s: mode %04o lets everybody at it", path, info.Mode().Perm()))
	}
}

// inFolder wants a folder to be there.
func (l *loader) inFolder(where, path string) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		l.say(where, fmt.Errorf("%s: no such folder", path))
	}
}

// keys reads the ring, and wants a key for every format that a phone, and
// where they are served a kiosk and a counter, can ask.
func (l *loader) keys(p *parts) {
	if p.config.Keys == "" || p.config.Environment == "" {
		return
	}
	ring, err := filekey.Load(l.path(p.config.Keys), l.env)
	if err != nil {
		l.say("keys", err)
		return
	}
	doors := []cert.Channel{cert.App}
	if p.config.Listen.Kiosk.served() {
		doors = append(doors, cert.Kiosk)
	}
	if p.config.Listen.Counter.served() {
		doors = append(doors, cert.Counter)
	}
	for _, ch := range doors {
		for _, f := range []keys.Format{keys.SHC, keys.VDSNC} {
			if _, err := ring.Active(f, ch); err != nil {
				l.say("keys", fmt.Errorf("no active %s key for the %s", f, ch))
			}
		}
	}
	l.say("keys", ring.CheckTime(l.now))
	l.say("keys", ring.CheckIssuer(p.config.Issuer))
	l.public("keys", p.config.Keys)
	l.compare("keys", ring.JWKS())
	for _, c := range slices.Concat(ring.CSCAs(), ring.BarcodeSigners()) {
		l.compare("keys", c.Raw)
	}
	p.ring = ring
}

func (l *loader) cards(p *parts) {
	data := l.public("anchors", p.config.Anchors)
	if data == nil || l.env == "" {
		return
	}
	anchors, err := cardauth.ParseAnchors(data, l.env)
	if err == nil && anchors.Len() == 0 {
		err = cardauth.ErrNoAnchors
	}
	l.say("anchors", err)
	p.anchors = anchors
	p.policy = cardauth.DefaultPolicy()
	if len(p.config.CardSuites) > 0 {
		clear(p.policy.Until)
	}
	for _, suite := range slices.Sorted(maps.Keys(p.config.CardSuites)) {
		day, err := cert.ParseDate(p.config.CardSuites[suite])
		if err != nil || !day.Full() || !cardauth.KnownSuite(suite) {
			l.say("card_suites", fmt.Errorf("%s: not a suite with its last day", suite))
			continue
		}
		p.policy.Until[suite] = day
	}
	if anchors == nil {
		return
	}
	today := cert.DateOf(l.now)
	for _, suite := range anchors.Refused(p.policy, today) {
		l.say("card_suites", fmt.Errorf("%s: an anchor has it, and it is not accepted today", suite))
	}
	l.say("anchors", cardsReady(p, today))
}

func (l *loader) towns(p *parts) {
	data := l.public("municipalities", p.config.Municipalities)
	if data == nil {
		return
	}
	towns, err := municipality.Parse(data)
	l.say("municipalities", err)
	p.towns = towns
}

func (l *loader) paper(p *parts) {
	fallbacks := make([]string, len(p.config.Fonts))
	for i, f := range p.config.Fonts {
		fallbacks[i] = l.path(f)
		if data, err := os.ReadFile(fallbacks[i]); err == nil { // #nosec G304 -- the operator names it; pdf tells what is wrong
			l.compare("fonts", data)
		}
	}
	paper, err := pdf.New(pdf.Config{Fallbacks: fallbacks, Symbols: symbolWriter(p.config.QR)})
	l.say("fonts", err)
	p.paper = paper
}

// symbolWriter is who draws the symbols on paper.
func symbolWriter(c QR) pdf.SymbolWriter {
	if c.Encoder == encoderSkip2 {
		return qr.Skip2{}
	}
	return qr.NewEncoder()
}

func (l *loader) redis(p *parts) {
	r := p.config.Redis
	c := l.redisConfig(r)
	if l.env == "" || r.Address == "" && len(r.Sentinel) == 0 {
		return // said already
	}
	store, err := redisstore.Open(c)
	l.say("redis", err)
	p.redis = store
}

func (l *loader) redisConfig(r Redis) redisstore.Config {
	c := redisstore.Config{
		Address: r.Address, Sentinels: r.Sentinel, Master: r.Master,
		SentinelUsername: r.SentinelUser, SentinelPassword: string(l.word("redis.sentinel_password", r.SentinelPassword)),
		Username: r.User, Password: string(l.word("redis.password", r.Password)),
		Environment: l.env, Replicas: r.Replicas, Timeout: time.Duration(r.Timeout),
	}
	if r.TLS {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: l.roots("redis.ca", r.CA)}
	}
	return c
}

func (l *loader) vrs(p *parts) {
	v := p.config.VRS
	p.vrs = vrsclient.Config{
		BaseURL: v.BaseURL, Timeout: time.Duration(v.Timeout), MaxAge: time.Duration(v.MaxAge), MaxConns: v.MaxConnections, PerMunicipality: v.PerMunicipality,
		TLS: &tls.Config{
			MinVersion: tls.VersionTLS12, RootCAs: l.roots("vrs.ca", v.CA), Certificates: l.pair("vrs", v.Certificate, v.Key),
		},
		Credentials: map[cert.MunicipalityCode]string{},
	}
	whose := map[string]cert.MunicipalityCode{}
	for _, code := range slices.Sorted(maps.Keys(v.Credentials)) {
		s := string(l.word("vrs.credentials."+string(code), v.Credentials[code]))
		if s == "" {
			continue // said already, or an empty file, which vrsclient refuses
		}
		if other, twice := whose[s]; twice {
			l.say("vrs.credentials", fmt.Errorf("%s has the same as %s", code, other))
		}
		whose[s], p.vrs.Credentials[code] = code, s
	}
	if v.BaseURL == "" || len(p.vrs.TLS.Certificates) == 0 || len(p.vrs.Credentials) == 0 {
		return // said already
	}
	_, err := vrsclient.New(p.vrs)
	l.say("vrs", err)
}

// credentials holds the two lists of municipalities against each other: one
// that takes part without a credential could never be served.
func (l *loader) credentials(p *parts) {
	if p.towns == nil {
		return
	}
	for _, town := range p.towns.All() {
		if p.config.VRS.Credentials[town.Code] == "" {
			l.say("vrs.credentials", fmt.Errorf("none for %s, which the table of municipalities has", town.Code))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(p.config.VRS.Credentials)) {
		if _, ok := p.towns.Lookup(code); !ok {
			l.say("vrs.credentials", fmt.Errorf("%q is not in the table of municipalities", code))
		}
	}
}
