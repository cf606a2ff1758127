// SPDX-License-Identifier: Apache-2.0

package filekey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"kofu/cert"
	"kofu/cert/keys"
)

// Errors of this package; those of package keys are told as well.
var (
	ErrManifest = errors.New("filekey: not a key manifest")
	ErrFile     = errors.New("filekey: file cannot be used")
)

// maxFile bounds every file read.
const maxFile = 1 << 20

// Load reads the manifest at path and the files beside it, and puts the ring
// together for env. Errors name keys and files, and never quote their content.
func Load(path string, env cert.Environment) (*keys.Ring, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("filekey: open directory: %w", err)
	}
	defer func() { _ = root.Close() }()
	l := loader{root: root, env: env}
	data, err := l.read(filepath.Base(path))
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(data)
	if err != nil {
		return nil, err
	}
	if cert.Environment(m.Environment) != env {
		return nil, fmt.Errorf("filekey: manifest says %q: %w", m.Environment, keys.ErrEnvironment)
	}
	ring, err := l.ring(m)
	if err != nil {
		return nil, err
	}
	if m.Issuer != "" {
		if err := ring.CheckIssuer(m.Issuer); err != nil {
			return nil, err
		}
	}
	return ring, nil
}

type loader struct {
	root *os.Root
	env  cert.Environment
	csca []*x509.Certificate
}

func (l *loader) ring(m *manifest) (*keys.Ring, error) {
	var err error
	if l.csca, err = l.certificates(m.CSCA); err != nil {
		return nil, err
	}
	var signers []keys.Signer
	var archived []keys.Public
	for i, k := range m.Keys {
		if k.State == stateArchived {
			p, err := l.archived(k)
			if err != nil {
				return nil, fmt.Errorf("filekey: key %d: %w", i+1, err)
			}
			archived = append(archived, p)
			continue
		}
		s, err := l.signer(k)
		if err != nil {
			return nil, fmt.Errorf("filekey: key %d: %w", i+1, err)
		}
		for _, ch := range k.Channels {
			s.Channel = cert.Channel(ch)
			signers = append(signers, s)
		}
	}
	return keys.New(l.env, signers, archived)
}

func (l *loader) signer(k wireKey) (keys.Signer, error) {
	block, err := l.block(k.Private, "PRIVATE KEY")
	if err != nil {
		return keys.Signer{}, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return keys.Signer{}, fmt.Errorf("%w: %s: not a PKCS #8 key", ErrFile, k.Private)
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return keys.Signer{}, fmt.Errorf("%w: %s: cannot sign", ErrFile, k.Private)
	}
	chain, err := l.chain(k)
	if err != nil {
		return keys.Signer{}, err
	}
	return keys.Signer{Format: keys.Format(k.Format), Key: key, Chain: chain, Environment: l.env}, nil
}

func (l *loader) archived(k wireKey) (keys.Public, error) {
	p := keys.Public{Format: keys.Format(k.Format), Environment: l.env}
	var err error
	if p.Chain, err = l.chain(k); err != nil {
		return p, err
	}
	var public any
	switch {
	case k.Public != "":
		block, err := l.block(k.Public, "PUBLIC KEY")
		if err != nil {
			return p, err
		}
		if public, err = x509.ParsePKIXPublicKey(block); err != nil {
			return p, fmt.Errorf("%w: %s: not a PKIX key", ErrFile, k.Public)
		}
	case len(p.Chain) > 0:
		public = p.Chain[0].PublicKey
	}
	var ok bool
	if p.Key, ok = public.(*ecdsa.PublicKey); !ok {
		return p, fmt.Errorf("%w: archived %s key is not an EC key", ErrFile, k.Format)
	}
	return p, nil
}

// chain reads a key's certificates and, for VDS-NC, completes them with the
// CSCA that issued the last.
func (l *loader) chain(k wireKey) ([]*x509.Certificate, error) {
	chain, err := l.certificates(k.Chain)
	if err != nil || len(chain) == 0 || keys.Format(k.Format) != keys.VDSNC {
		return chain, err
	}
	last := chain[len(chain)-1]
	for _, c := range l.csca {
		if !c.Equal(last) && last.CheckSignatureFrom(c) == nil {
			return append(chain, c), nil
		}
	}
	return chain, nil // package keys judges whether it is complete
}

func (l *loader) certificates(names []string) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for _, name := range names {
		data, err := l.read(name)
		if err != nil {
			return nil, err
		}
		blocks := 0
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			c, err := x509.ParseCertificate(block.Bytes)
			if block.Type != "CERTIFICATE" || err != nil {
				return nil, fmt.Errorf("%w: %s: not a certificate", ErrFile, name)
			}
			list = append(list, c)
			blocks++
		}
		if blocks == 0 {
			return nil, fmt.Errorf("%w: %s: no certificate in it", ErrFile, name)
		}
	}
	return list, nil
}

// block returns the one PEM block of a file.
func (l *loader) block(name, kind string) ([]byte, error) {
	data, err := l.read(name)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(data)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%w: %s: no PEM block %s", ErrFile, name, kind)
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, fmt.Errorf("%w: %s: more than one PEM block", ErrFile, name)
	}
	if kind == "PRIVATE KEY" {
		if err := l.checkMode(name); err != nil {
			return nil, err
		}
	}
	return block.Bytes, nil
}

func (l *loader) checkMode(name string) error {
	info, err := l.root.Stat(name)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrFile, name)
	}
	if l.env == cert.Production && info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("%w: %s: a private key that everybody may read", ErrFile, name)
	}
	return nil
}

// read reads a file of the directory; a name that leads out of it fails.
func (l *loader) read(name string) ([]byte, error) {
	f, err := l.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("filekey: open: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("filekey: read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%w: %s: too long", ErrFile, name)
	}
	return data, nil
}
