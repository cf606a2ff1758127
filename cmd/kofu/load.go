// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cmd/internal/redisstore"
	"kofu/cmd/internal/sqlstore"
	"kofu/vrsclient"
)

// parts is a configuration with everything it points to read and checked.
// Nothing in it has spoken with another machine yet.
type parts struct {
	config  Config
	hash    string // of the file and all it names that is no secret, for operators to compare replicas by
	server  *tls.Config
	kiosk   *tls.Config // nil: no kiosk is served
	texts   fs.FS       // of the kiosk's screens; nil: those of the program
	counter *tls.Config // nil: there is no counter
	noting  *noting     // nil: no checkpoints are written
	sql     *sqlstore.Store
	ring    *keys.Ring
	phones  phones
	anchors *cardauth.Anchors
	policy  cardauth.Policy
	towns   *municipality.Registry
	paper   *pdf.Renderer
	uvci    []byte
	rid     []byte
	staff   []byte // nil: there is no counter
	redis   *redisstore.Store
	vrs     vrsclient.Config

	operators []byte // nil: no command is taken
}

// load reads the configuration at path and all it points to, and returns
// every fault found, not the first.
func load(path string) (*parts, []string) { return loadAt(path, time.Now()) }

// loadAt is load at a time: what has ended by then is a fault.
func loadAt(path string, now time.Time) (*parts, []string) {
	src, err := os.ReadFile(path) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, []string{"configuration: " + cause(err)}
	}
	c, faults, whole := parseConfig(src)
	for i, f := range faults {
		faults[i] = path + ":" + f
	}
	if !whole {
		return nil, faults
	}
	l := &loader{dir: filepath.Dir(path), env: c.Environment, now: now, sum: sha256.New(), faults: append(faults, c.faults()...)}
	l.compare("configuration", src)
	p := &parts{config: c}
	l.listen(p)
	l.kiosk(p)
	l.counter(p)
	l.secrets(p)
	l.keys(p)
	l.cards(p)
	l.phones(p)
	l.towns(p)
	l.paper(p)
	l.redis(p)
	l.sql(p)
	l.vrs(p)
	l.credentials(p)
	p.hash = hex.EncodeToString(l.sum.Sum(nil)[:8])
	if len(l.faults) == 0 {
		_, err := wire(p, slog.New(slog.DiscardHandler)) // who reads the tables of texts, and holds the parts against each other
		if d, ok := errors.AsType[*doorError](err); ok {
			l.say(d.door, d.err)
		} else {
			l.say("wiring", err)
		}
	}
	return p, l.faults
}

// loadOffice is load with no more than a command of the staff needs: a
// certificate that has ended keeps nobody from closing a door.
func loadOffice(path string, n needs) (*parts, []string) {
	src, err := os.ReadFile(path) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, []string{"configuration: " + cause(err)}
	}
	c, faults, whole := parseConfig(src)
	for i, f := range faults {
		faults[i] = path + ":" + f
	}
	if !whole {
		return nil, faults
	}
	for _, f := range c.faults() {
		where, _, _ := strings.Cut(f, " ")
		section, _, _ := strings.Cut(where, ".")
		if where == "environment" || where == "municipalities" || section == "sql" || n.records && section == "vrs" ||
			n.staff && (where == "secrets.staff" || section == "counter") {
			faults = append(faults, f)
		}
	}
	l := &loader{dir: filepath.Dir(path), env: c.Environment, now: time.Now(), sum: sha256.New(), faults: faults}
	p := &parts{config: c}
	l.towns(p)
	l.sql(p)
	if ca := c.Listen.Kiosk.ClientCA; ca != "" {
		p.kiosk = &tls.Config{ClientCAs: l.roots("listen.kiosk.client_ca", ca), MinVersion: tls.VersionTLS12}
	}
	if ca := c.Listen.Counter.ClientCA; ca != "" {
		p.counter = &tls.Config{ClientCAs: l.roots("listen.counter.client_ca", ca), MinVersion: tls.VersionTLS12}
	}
	if n.staff {
		if p.staff = l.long("secrets.staff", c.Secrets.Staff); p.staff == nil && len(l.faults) == 0 {
			l.say("secrets.staff", errors.New("is not set: there is no counter"))
		}
	}
	if n.records {
		l.vrs(p)
	}
	return p, l.faults
}

type loader struct {
	dir    string
	env    cert.Environment
	now    time.Time
	sum    hash.Hash // what becomes parts.hash
	faults []string
}

// compare makes data part of what replicas are compared by.
func (l *loader) compare(where string, data []byte) {
	_, _ = fmt.Fprintf(l.sum, "%s %d\n", where, len(data)) // a hash takes everything
	_, _ = l.sum.Write(data)
}

func (l *loader) say(where string, err error) {
	if err == nil {
		return
	}
	for line := range strings.SplitSeq(cause(err), "\n") { // several, where errors are joined
		l.faults = append(l.faults, where+": "+line)
	}
}

// cause drops from a file's error the name of the system call.
func cause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Path + ": " + e.Err.Error()
	}
	return err.Error()
}

func (l *loader) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(l.dir, p)
}

// file reads what where points to; nil when it is not set, which is noted as
// missing already, or cannot be read, which is noted here.
func (l *loader) file(where, path string) []byte {
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(l.path(path)) // #nosec G304 -- the operator names it
	l.say(where, err)
	return data
}

// public is file for what replicas are compared by.
func (l *loader) public(where, path string) []byte {
	data := l.file(where, path)
	if data != nil {
		l.compare(where, data)
	}
	return data
}

// folder is a folder of JSON files by which replicas are compared.
func (l *loader) folder(where, path string) fs.FS {
	names, err := filepath.Glob(filepath.Join(l.path(path), "*.json"))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("%s: no table of texts in it", l.path(path))
	}
	l.say(where, err)
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil { // #nosec G304 -- the operator names it; kiosk tells what is wrong
			l.compare(where+"/"+filepath.Base(name), data)
		}
	}
	return os.DirFS(l.path(path))
}

// word is secret for what is text and was written with an editor: line breaks
// at its end are not part of it.
func (l *loader) word(where, path string) []byte {
	return bytes.TrimRight(l.secret(where, path), "\r\n")
}

// secret is file for what nobody else may have: production refuses it when
// everybody on the machine can read, change or run it.
func (l *loader) secret(where, path string) []byte {
	data := l.file(where, path)
	if data == nil {
		return nil
	}
	info, err := os.Stat(l.path(path))
	if err == nil && l.env == cert.Production && info.Mode().Perm()&0o007 != 0 {
		l.say(where, fmt.Errorf("%s: mode %04o lets everybody at it", l.path(path), info.Mode().Perm()))
	}
	return data
}

func (l *loader) secrets(p *parts) {
	p.uvci = l.long("secrets.uvci", p.config.Secrets.UVCI)
	p.rid = l.long("secrets.rid", p.config.Secrets.RID)
	p.staff = l.long("secrets.staff", p.config.Secrets.Staff)
	if len(p.uvci) > 0 && bytes.Equal(p.uvci, p.rid) {
		l.say("secrets", errors.New("uvci and rid are the same"))
	}
	if len(p.staff) > 0 && (bytes.Equal(p.staff, p.uvci) || bytes.Equal(p.staff, p.rid)) {
		l.say("secrets", errors.New("staff is the same as another"))
	}
	p.phones.limits = l.long("secrets.limits", p.config.Secrets.Limits)
	for _, other := range [][]byte{p.uvci, p.rid, p.staff} {
		if len(p.phones.limits) > 0 && bytes.Equal(p.phones.limits, other) {
			l.say("secrets", errors.New("limits is the same as another"))
		}
	}
	p.operators = l.long("secrets.operators", p.config.Secrets.Operators)
	for _, other := range [][]byte{p.uvci, p.rid, p.staff, p.phones.limits} {
		if len(p.operators) > 0 && bytes.Equal(p.operators, other) {
			l.say("secrets", errors.New("operators is the same as another"))
		}
	}
}

// long is secret for a key.
func (l *loader) long(where, path string) []byte {
	s := l.secret(where, path)
	if s != nil && len(s) < 32 {
		l.say(where, errors.New("fewer than 32 bytes"))
	}
	return s
}

// pair reads a certificate chain with its key, and refuses them when they do
// not belong together, or nobody would take them today.
func (l *loader) pair(where, chain, key string) []tls.Certificate {
	crt, secret := l.public(where+".certificate", chain), l.secret(where+".key", key)
	if crt == nil || secret == nil {
		return nil
	}
	pair, err := tls.X509KeyPair(crt, secret)
	if err != nil {
		l.say(where+".certificate", errors.New("is not a certificate chain that belongs to the key"))
		return nil
	}
	l.say(where+".certificate", current(pair, l.now))
	return []tls.Certificate{pair}
}

// current refuses a chain whose leaf, or the leaf's issuer, is not valid at
// now. What stands further up may be a cross-signed copy that nobody follows.
func current(pair tls.Certificate, now time.Time) error {
	for _, der := range pair.Certificate[:min(2, len(pair.Certificate))] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return errors.New("has something in its chain that is no certificate")
		}
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return fmt.Errorf("is valid from %s to %s, not now", c.NotBefore.UTC().Format(time.RFC3339), c.NotAfter.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

func (l *loader) roots(where, path string) *x509.CertPool {
	pem := l.public(where, path)
	if pem == nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		l.say(where, errors.New("no certificate in it"))
	}
	return pool
}
