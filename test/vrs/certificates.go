// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates are a throw-away authority, a server's certificate for this
// machine, and a client's.
type Certificates struct {
	root           *x509.Certificate
	server, client tls.Certificate
}

// NewCertificates makes an authority and two certificates, good for a year,
// and forgets the authority's key.
func NewCertificates() (*Certificates, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("vrs: make key: %w", err)
	}
	form := template("kofu VRS stand-in, throw-away authority")
	form.IsCA, form.BasicConstraintsValid, form.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("vrs: make authority: %w", err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("vrs: make authority: %w", err)
	}
	c := &Certificates{root: root}
	server := template("localhost")
	server.DNSNames, server.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	client := template("kofu")
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	var err2 error
	c.server, err = leaf(server, root, key)
	c.client, err2 = leaf(client, root, key)
	return c, errors.Join(err, err2)
}

func template(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte(rand.Text()[:16])),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func leaf(form, root *x509.Certificate, issuer *ecdsa.PrivateKey) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("vrs: make key: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, form, root, key.Public(), issuer)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("vrs: make certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// ServerTLS asks every client for a certificate of the authority.
func (c *Certificates) ServerTLS() *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{c.server},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    c.pool(),
	}
}

// ClientTLS trusts the authority alone and shows the client's certificate.
func (c *Certificates) ClientTLS() *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{c.client},
		RootCAs:      c.pool(),
	}
}

func (c *Certificates) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.root)
	return p
}

// The files that [Certificates.Write] writes.
const (
	RootFile      = "ca.pem"
	ServerFile    = "server.pem"
	ServerKeyFile = "server.key"
	ClientFile    = "client.pem"
	ClientKeyFile = "client.key"
)

// Write writes certificates and keys as PEM into dir, keys readable by the
// owner alone.
func (c *Certificates) Write(dir string) error {
	files := map[string][]byte{RootFile: block("CERTIFICATE", c.root.Raw)}
	for name, leaf := range map[string]tls.Certificate{ServerFile: c.server, ClientFile: c.client} {
		key, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
		if err != nil {
			return fmt.Errorf("vrs: encode key: %w", err)
		}
		files[name] = block("CERTIFICATE", leaf.Certificate[0])
		files[map[string]string{ServerFile: ServerKeyFile, ClientFile: ClientKeyFile}[name]] = block("PRIVATE KEY", key)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return fmt.Errorf("vrs: write certificates: %w", err)
		}
	}
	return nil
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// ReadCertificates reads what [Certificates.Write] wrote.
func ReadCertificates(dir string) (*Certificates, error) {
	data, err := os.ReadFile(filepath.Join(dir, RootFile))
	if err != nil {
		return nil, fmt.Errorf("vrs: read certificates: %w", err)
	}
	first, _ := pem.Decode(data)
	if first == nil {
		return nil, fmt.Errorf("vrs: %s is not PEM", RootFile)
	}
	c := new(Certificates)
	if c.root, err = x509.ParseCertificate(first.Bytes); err != nil {
		return nil, fmt.Errorf("vrs: read %s: %w", RootFile, err)
	}
	var err2 error
	c.server, err = tls.LoadX509KeyPair(filepath.Join(dir, ServerFile), filepath.Join(dir, ServerKeyFile))
	c.client, err2 = tls.LoadX509KeyPair(filepath.Join(dir, ClientFile), filepath.Join(dir, ClientKeyFile))
	return c, errors.Join(err, err2)
}
