// SPDX-License-Identifier: Apache-2.0

// Package keyring makes throw-away key rings for tests and the demo: for each
// channel a SMART Health Cards key with a certificate that names the issuer,
// and a VDS-NC barcode signer under a test CSCA. Every certificate says TEST
// in its subject, and every ring is of the test environment.
package keyring

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/keys/filekey"
	"kofu/cert/vdsnc"
)

// Manifest is the name of the manifest that Generate writes.
const Manifest = "keys.json"

// validity of everything made here, from an hour ago.
const validity = 2 * 365 * 24 * time.Hour

type entry struct {
	format  keys.Format
	channel cert.Channel
	key     *ecdsa.PrivateKey
	chain   []*x509.Certificate
}

// New makes a ring in memory for the issuer URL iss.
func New(iss string) (*keys.Ring, error) {
	entries, err := generate(iss)
	if err != nil {
		return nil, err
	}
	var signers []keys.Signer
	for _, e := range entries {
		signers = append(signers, keys.Signer{
			Format: e.format, Channel: e.channel, Key: e.key, Chain: e.chain, Environment: cert.Test,
		})
	}
	return keys.New(cert.Test, signers, nil)
}

// Generate writes a ring for the issuer URL iss into dir, which is made if
// need be, as [filekey.Load] reads it: dir/keys.json and PEM files.
func Generate(dir, iss string) error {
	entries, err := generate(iss)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keyring: make directory: %w", err)
	}
	var listed []map[string]any
	var csca *x509.Certificate
	for _, e := range entries {
		name := string(e.format) + "-" + string(e.channel)
		der, err := x509.MarshalPKCS8PrivateKey(e.key)
		if err != nil {
			return fmt.Errorf("keyring: marshal key: %w", err)
		}
		chain := e.chain
		if e.format == keys.VDSNC {
			chain, csca = chain[:1], chain[1]
		}
		if err := write(dir, name+".key.pem", "PRIVATE KEY", der); err != nil {
			return err
		}
		if err := write(dir, name+".crt.pem", "CERTIFICATE", raw(chain)...); err != nil {
			return err
		}
		listed = append(listed, map[string]any{
			"format": e.format, "channels": []cert.Channel{e.channel}, "state": "active",
			"private": name + ".key.pem", "chain": []string{name + ".crt.pem"},
		})
	}
	if err := write(dir, "csca.pem", "CERTIFICATE", csca.Raw); err != nil {
		return err
	}
	manifest, err := json.MarshalIndent(map[string]any{
		"environment": cert.Test, "issuer": iss, "keys": listed, "csca": []string{"csca.pem"},
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("keyring: marshal manifest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, Manifest), append(manifest, '\n'), 0o600); err != nil {
		return fmt.Errorf("keyring: write manifest: %w", err)
	}
	_, err = filekey.Load(filepath.Join(dir, Manifest), cert.Test)
	return err
}

func raw(chain []*x509.Certificate) [][]byte {
	var list [][]byte
	for _, c := range chain {
		list = append(list, c.Raw)
	}
	return list
}

func write(dir, name, kind string, blocks ...[]byte) error {
	var data []byte
	for _, b := range blocks {
		data = append(data, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})...)
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		return fmt.Errorf("keyring: write %s: %w", name, err)
	}
	return nil
}

func generate(iss string) ([]entry, error) {
	shc, err := shcEntries(iss)
	if err != nil {
		return nil, fmt.Errorf("keyring: make SHC keys: %w", err)
	}
	vds, err := vdsEntries()
	if err != nil {
		return nil, fmt.Errorf("keyring: make VDS-NC keys: %w", err)
	}
	return append(shc, vds...), nil
}

func channels() []cert.Channel { return []cert.Channel{cert.App, cert.Kiosk, cert.Counter} }

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func shcEntries(iss string) ([]entry, error) {
	uri, err := url.Parse(iss)
	if err != nil {
		return nil, err
	}
	caKey, err := newKey()
	if err != nil {
		return nil, err
	}
	from := time.Now().Add(-time.Hour)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{"TEST"}, CommonName: "kofu TEST issuer CA"},
		NotBefore: from, NotAfter: from.Add(validity),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if ca, err = issue(ca, ca, caKey.Public(), caKey); err != nil {
		return nil, err
	}
	var list []entry
	for i, ch := range channels() {
		key, err := newKey()
		if err != nil {
			return nil, err
		}
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i) + 2),
			Subject:      pkix.Name{Organization: []string{"TEST"}, CommonName: "kofu TEST issuer " + string(ch)},
			NotBefore:    from, NotAfter: from.Add(validity),
			KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, URIs: []*url.URL{uri},
		}
		if leaf, err = issue(leaf, ca, key.Public(), caKey); err != nil {
			return nil, err
		}
		list = append(list, entry{keys.SHC, ch, key, []*x509.Certificate{leaf, ca}})
	}
	return list, nil
}

func vdsEntries() ([]entry, error) {
	caKey, err := newKey()
	if err != nil {
		return nil, err
	}
	from := time.Now().Add(-time.Hour)
	profile := vdsnc.Profile{Country: "JP", Organization: "TEST", CommonName: "kofu TEST CSCA", NotBefore: from, NotAfter: from.Add(validity)}
	csca, err := vdsnc.NewCSCA(profile, caKey)
	if err != nil {
		return nil, err
	}
	var list []entry
	for _, ch := range channels() {
		key, err := newKey()
		if err != nil {
			return nil, err
		}
		// Short: the certificate is printed in every symbol.
		p := vdsnc.Profile{Country: "JP", CommonName: "TEST " + string(ch), NotBefore: from, NotAfter: from.Add(validity)}
		bsc, err := vdsnc.NewBarcodeSigner(p, vdsnc.Key{Signer: caKey, Certificate: csca}, &key.PublicKey)
		if err != nil {
			return nil, err
		}
		list = append(list, entry{keys.VDSNC, ch, key, []*x509.Certificate{bsc, csca}})
	}
	return list, nil
}

func issue(template, parent *x509.Certificate, pub any, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
