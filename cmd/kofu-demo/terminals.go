// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"time"

	"kofu/kiosk"
)

// terminalIDs are the terminals that stand in the demo's store: so many
// browser tabs can each be one.
func terminalIDs() []string { return []string{"demo-1", "demo-2", "demo-3"} }

// terminalKeys are the certificates of a door's listener and of its terminals,
// made for this run under an authority that is forgotten at once.
type terminalKeys struct {
	server    tls.Certificate
	authority *x509.CertPool
	terminals map[string]tls.Certificate
}

func newTerminalKeys(ids []string) (*terminalKeys, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the terminals' authority: %w", err)
	}
	ca := draft("kofu demo terminals")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the terminals' authority: %w", err)
	}
	if ca, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("make the terminals' authority: %w", err)
	}
	k := &terminalKeys{authority: x509.NewCertPool(), terminals: map[string]tls.Certificate{}}
	k.authority.AddCert(ca)
	server := draft("kofu demo centre")
	server.IPAddresses, server.ExtKeyUsage = []net.IP{net.IPv4(127, 0, 0, 1)}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if k.server, err = signed(server, ca, key); err != nil {
		return nil, err
	}
	for _, id := range ids {
		client := draft(id)
		client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if k.terminals[id], err = signed(client, ca, key); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func draft(name string) *x509.Certificate {
	serial := make([]byte, 16)
	_, _ = rand.Read(serial) // never fails
	from := time.Now().Add(-time.Hour)
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{Organization: []string{"TEST"}, CommonName: name},
		NotBefore: from, NotAfter: from.Add(366 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func signed(t, ca *x509.Certificate, by *ecdsa.PrivateKey) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the certificate of %s: %w", t.Subject.CommonName, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, ca, key.Public(), by)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the certificate of %s: %w", t.Subject.CommonName, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the certificate of %s: %w", t.Subject.CommonName, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// serverTLS lets in nobody without a certificate of this run.
func (k *terminalKeys) serverTLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{k.server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: k.authority}
}

// clientTLS is what terminal id is let in with.
func (k *terminalKeys) clientTLS(id string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: k.authority, Certificates: []tls.Certificate{k.terminals[id]}}
}

// client is the line of terminal id.
func (k *terminalKeys) client(id string) *http.Client {
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: k.clientTLS(id), MaxIdleConnsPerHost: 4, ForceAttemptHTTP2: true}, Timeout: requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// spki is what a registry knows terminal id by.
func (k *terminalKeys) spki(id string) [sha256.Size]byte {
	return sha256.Sum256(k.terminals[id].Leaf.RawSubjectPublicKeyInfo)
}

// entry is what the registry says of terminal id.
func (k *terminalKeys) entry(id string) kiosk.Terminal {
	return kiosk.Terminal{ID: id, Role: kiosk.RoleTerminal, Store: "demo-store", Operator: "demo", Active: true, Key: k.spki(id)}
}
