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
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cmd/internal/redisstore"
	"kofu/vrsclient"
)

// parts is a configuration with everything it points to read and checked.
// Nothing in it has spoken with another machine yet.
type parts struct {
	config  Config
	hash    string // of the file's bytes, for operators to compare replicas by
	server  *tls.Config
	ring    *keys.Ring
	anchors *cardauth.Anchors
	policy  cardauth.Policy
	towns   *municipality.Registry
	paper   *pdf.Renderer
	uvci    []byte
	rid     []byte
	redis   *redisstore.Store
	vrs     vrsclient.Config
}

// load reads the configuration at path and all it points to, and returns
// every fault found, not the first.
func load(path string) (*parts, []string) {
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
	sum := sha256.Sum256(src)
	l := &loader{dir: filepath.Dir(path), env: c.Environment, faults: append(faults, c.faults()...)}
	p := &parts{config: c, hash: hex.EncodeToString(sum[:8])}
	l.listen(p)
	l.secrets(p)
	l.keys(p)
	l.cards(p)
	l.towns(p)
	l.paper(p)
	l.redis(p)
	l.vrs(p)
	l.credentials(p)
	return p, l.faults
}

type loader struct {
	dir    string
	env    cert.Environment
	faults []string
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

// secret is file for what nobody else may read: production refuses it when
// everybody on the machine may. A line break at the end is not part of it.
func (l *loader) secret(where, path string) []byte {
	data := l.file(where, path)
	if data == nil {
		return nil
	}
	info, err := os.Stat(l.path(path))
	if err == nil && l.env == cert.Production && info.Mode().Perm()&0o007 != 0 {
		l.say(where, fmt.Errorf("%s: mode %04o lets everybody at it", l.path(path), info.Mode().Perm()))
	}
	return bytes.TrimRight(data, "\r\n")
}

func (l *loader) secrets(p *parts) {
	p.uvci = l.secret("secrets.uvci", p.config.Secrets.UVCI)
	p.rid = l.secret("secrets.rid", p.config.Secrets.RID)
	for where, s := range map[string][]byte{"secrets.uvci": p.uvci, "secrets.rid": p.rid} {
		if s != nil && len(s) < 32 {
			l.say(where, errors.New("fewer than 32 bytes"))
		}
	}
	if len(p.uvci) > 0 && bytes.Equal(p.uvci, p.rid) {
		l.say("secrets", errors.New("uvci and rid are the same"))
	}
}

// pair reads a certificate chain with its key, and refuses them when they do
// not belong together.
func (l *loader) pair(where, chain, key string) []tls.Certificate {
	crt, secret := l.file(where+".certificate", chain), l.secret(where+".key", key)
	if crt == nil || secret == nil {
		return nil
	}
	pair, err := tls.X509KeyPair(crt, secret)
	if err != nil {
		l.say(where+".certificate", errors.New("is not a certificate chain that belongs to the key"))
		return nil
	}
	return []tls.Certificate{pair}
}

func (l *loader) roots(where, path string) *x509.CertPool {
	pem := l.file(where, path)
	if pem == nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		l.say(where, errors.New("no certificate in it"))
	}
	return pool
}
