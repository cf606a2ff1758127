// SPDX-License-Identifier: Apache-2.0

package vdsnc_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/cert/vdsnc"
)

// japaneseStyle is the extensions of Japan's own signer: much that ICAO Doc
// 9303-12 prohibits, with a private key usage period of 2022-02-07 to
// 2023-02-16.
const japaneseStyle = `[bsc]
authorityKeyIdentifier=keyid
2.5.29.16=DER:30:22:80:0F:32:30:32:32:30:32:30:37:30:30:30:30:30:30:5A:81:0F:32:30:32:33:30:32:31:36:30:30:30:30:30:30:5A
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,2.23.136.1.1.14.2
issuerAltName=email:pki@example.jp,dirName:place
subjectAltName=email:vds@example.jp,dirName:place
2.23.136.1.1.6.2=DER:30:09:02:01:00:31:04:13:02:4E:56
crlDistributionPoints=URI:https://example.int/CRLs/JPN.crl
[place]
L=JPN
[req]
distinguished_name=dn
[dn]
[csca]
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
`

// Authorities as passport offices have them, made by OpenSSL: curves spelled
// out, RSA, RSASSA-PSS.
func TestForeignAuthorities(t *testing.T) {
	rsaKey := []string{"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "csca.key"}
	tests := map[string]struct {
		key  []string
		sign []string
		text string
	}{
		"P-384 spelled out": {[]string{"ecparam", "-name", "secp384r1", "-param_enc", "explicit", "-genkey", "-noout", "-out", "csca.key"}, []string{"-sha384"}, "Field Type: prime-field"},
		"P-256 spelled out": {[]string{"ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout", "-out", "csca.key"}, []string{"-sha256"}, "Field Type: prime-field"},
		"P-521 named":       {[]string{"ecparam", "-name", "secp521r1", "-genkey", "-noout", "-out", "csca.key"}, []string{"-sha512"}, "secp521r1"},
		"RSA":               {rsaKey, []string{"-sha256"}, "sha256WithRSAEncryption"},
		"RSASSA-PSS":        {rsaKey, []string{"-sha512", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"}, "rsassaPss"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			run := func(args ...string) string {
				t.Helper()
				out, err := openssl(t, dir, args...)
				if err != nil {
					t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
				}
				return out
			}
			write(t, dir, "conf", []byte(japaneseStyle))
			run(tt.key...)
			run(append([]string{"req", "-x509", "-new", "-config", "conf", "-extensions", "csca", "-key", "csca.key", "-days", "9000",
				"-subj", "/C=JP/O=Japanese Government/CN=e-passportCSCA", "-out", "csca.pem"}, tt.sign...)...)
			if out := run("x509", "-in", "csca.pem", "-noout", "-text"); !strings.Contains(out, tt.text) {
				t.Fatalf("the authority is not as it should be:\n%s", out)
			}
			key := newKey(t, elliptic.P256())
			der, err := x509.MarshalPKCS8PrivateKey(key)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "bsc.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
			run("req", "-new", "-config", "conf", "-key", "bsc.key", "-subj", "/C=JP/CN=The Digital Agency", "-out", "bsc.csr")
			run(append([]string{"x509", "-req", "-in", "bsc.csr", "-CA", "csca.pem", "-CAkey", "csca.key", "-set_serial", "268", "-days", "3650",
				"-extfile", "conf", "-extensions", "bsc", "-out", "bsc.pem"}, tt.sign...)...)
			signer := vdsnc.Key{Signer: key, Certificate: readCertificate(t, filepath.Join(dir, "bsc.pem"))}
			judgeForeign(t, dir, signer)
		})
	}
}

func readCertificate(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ders, err := vdsnc.Certificates(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(ders[0])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// judgeForeign expects the chain to hold, but not for a document that can only
// have been signed after the private key usage period. OpenSSL 3.0 always
// makes certificates that begin today.
func judgeForeign(t *testing.T, dir string, signer vdsnc.Key) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(dir, "csca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	cscas, err := vdsnc.Certificates(file)
	if err != nil {
		t.Fatalf("authority: %v", err)
	}
	c := overseas()
	c.IssuedAt = time.Now()
	c.ID = "JPN131016" + "00000000" + "000001" // not a date: issued some day since the last dose, 2021-06-22
	d := parse(t, encode(t, c, signer))
	if got := d.Verify(vdsnc.Trust{CSCAs: cscas}, time.Now()); got != (vdsnc.Result{Signature: true, Chain: vdsnc.ChainTrusted}) {
		t.Errorf("chain: %+v", got)
	}
	c.Doses[1].Date.Year = 2023
	c.Doses[1].Date.Month = 3 // after the key's period
	if got := parse(t, encode(t, c, signer)).Verify(vdsnc.Trust{CSCAs: cscas}, time.Now()); got.Reason != vdsnc.ReasonTime {
		t.Errorf("after the private key usage period: %+v", got)
	}
	if got := d.Verify(vdsnc.Trust{Signers: [][]byte{signer.Certificate.Raw}}, time.Now()); got.Chain != vdsnc.ChainPinned {
		t.Errorf("pinned: %+v", got)
	}
}

func TestSignersThatMayNotSign(t *testing.T) {
	usage := func(last int) pkix.Extension {
		v, err := asn1.Marshal([]asn1.ObjectIdentifier{{2, 23, 136, 1, 1, 14, last}})
		if err != nil {
			t.Fatal(err)
		}
		return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: v}
	}
	docType := func(s string) pkix.Extension {
		return pkix.Extension{Id: asn1.ObjectIdentifier{2, 23, 136, 1, 1, 6, 2}, Value: append([]byte{0x30, 9, 2, 1, 0, 0x31, 4, 0x13, 2}, s...)}
	}
	tests := map[string]struct {
		country    string
		extensions []pkix.Extension
		want       string
	}{
		"barcode signer":           {"JP", []pkix.Extension{usage(2), docType("NV")}, ""},
		"country in small letters": {"jp", []pkix.Extension{usage(2), docType("NV")}, ""},
		"no document type":         {"JP", []pkix.Extension{usage(2)}, ""},
		"passport signer":          {"JP", nil, vdsnc.ReasonUsage},
		"other usage":              {"JP", []pkix.Extension{usage(1), docType("NV")}, vdsnc.ReasonUsage},
		"for tests of infection":   {"JP", []pkix.Extension{usage(2), docType("NT")}, vdsnc.ReasonDocType},
		"another country":          {"AU", []pkix.Extension{usage(2), docType("NV")}, vdsnc.ReasonCountry},
	}
	csca, _ := newAuthority(t, elliptic.P256())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			key := newKey(t, elliptic.P256())
			template := &x509.Certificate{
				SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{tt.country}, CommonName: "X"},
				NotBefore: issuedAt.AddDate(-1, 0, 0), NotAfter: issuedAt.AddDate(1, 0, 0), ExtraExtensions: tt.extensions,
			}
			der, err := x509.CreateCertificate(rand.Reader, template, csca.Certificate, &key.PublicKey, csca.Signer)
			if err != nil {
				t.Fatal(err)
			}
			c, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			d := parse(t, encode(t, overseas(), vdsnc.Key{Signer: key, Certificate: c}))
			if got := d.Verify(vdsnc.Trust{CSCAs: [][]byte{csca.Certificate.Raw}}, issuedAt); !got.Signature || got.Reason != tt.want {
				t.Errorf("%+v, want %q", got, tt.want)
			}
		})
	}
}

// Who has the right name, and even the right key identifier, is not yet the
// authority.
func TestAuthoritiesThatAreNone(t *testing.T) {
	key := newKey(t, elliptic.P256())
	issue := func(authority vdsnc.Key, change func(*x509.Certificate)) vdsnc.Key {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "CSCA"}, SubjectKeyId: []byte{1, 2, 3},
			NotBefore: issuedAt.AddDate(-1, 0, 0), NotAfter: issuedAt.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign,
		}
		change(template)
		der, err := x509.CreateCertificate(rand.Reader, template, template, authority.Signer.Public(), authority.Signer)
		if err != nil {
			t.Fatal(err)
		}
		authority.Certificate, err = x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return authority
	}
	for name, tt := range map[string]struct {
		change func(*x509.Certificate)
		want   string
	}{
		"as it should be":    {func(*x509.Certificate) {}, ""},
		"no CA":              {func(c *x509.Certificate) { c.IsCA = false }, vdsnc.ReasonUnknown},
		"no constraints":     {func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = false, false }, vdsnc.ReasonUnknown},
		"may not sign":       {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }, vdsnc.ReasonUnknown},
		"over":               {func(c *x509.Certificate) { c.NotAfter = issuedAt.AddDate(0, 0, -1) }, vdsnc.ReasonTime},
		"not yet":            {func(c *x509.Certificate) { c.NotBefore = issuedAt.AddDate(0, 0, 1) }, vdsnc.ReasonTime},
		"another name":       {func(c *x509.Certificate) { c.Subject.CommonName = "csca 2" }, vdsnc.ReasonUnknown},
		"name in small":      {func(c *x509.Certificate) { c.Subject.CommonName = " csca" }, ""},
		"another key's id":   {func(c *x509.Certificate) { c.SubjectKeyId = []byte{1} }, vdsnc.ReasonUnknown},
		"without a key's id": {func(c *x509.Certificate) { c.SubjectKeyId, c.IsCA = nil, true }, vdsnc.ReasonUnknown}, // Go adds its own
	} {
		t.Run(name, func(t *testing.T) {
			issuer := issue(vdsnc.Key{Signer: key}, func(*x509.Certificate) {})
			shown := issue(vdsnc.Key{Signer: key}, tt.change) // the same key, shown with another certificate
			bscKey := newKey(t, elliptic.P256())
			bsc, err := vdsnc.NewBarcodeSigner(profile("X"), issuer, &bscKey.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			d := parse(t, encode(t, overseas(), vdsnc.Key{Signer: bscKey, Certificate: bsc}))
			if got := d.Verify(vdsnc.Trust{CSCAs: [][]byte{shown.Certificate.Raw}}, issuedAt); !got.Signature || got.Reason != tt.want {
				t.Errorf("%+v, want %q", got, tt.want)
			}
			impostor := issue(vdsnc.Key{Signer: newKey(t, elliptic.P256())}, func(*x509.Certificate) {})
			if got := d.Verify(vdsnc.Trust{CSCAs: [][]byte{impostor.Certificate.Raw}}, issuedAt); got.Reason != vdsnc.ReasonUnknown {
				t.Errorf("another key under name and key identifier: %+v", got)
			}
		})
	}
}
