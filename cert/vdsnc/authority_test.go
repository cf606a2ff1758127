// SPDX-License-Identifier: Apache-2.0

package vdsnc_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kofu/cert/vdsnc"
)

// An independent program verifies what we make: the chain, the profile and
// the signature over the canonical bytes.
func TestOpenSSLVerifiesSignatureAndChain(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384()} {
		t.Run(curve.Params().Name, func(t *testing.T) {
			csca, key := newAuthority(t, curve)
			doc := encode(t, overseas(), key)
			var m struct {
				Data json.RawMessage // stands in the document in canonical form, as it was signed
				Sig  struct{ Cer, Sigvl string }
			}
			if err := json.Unmarshal(doc, &m); err != nil {
				t.Fatal(err)
			}
			der, err := base64.URLEncoding.DecodeString(m.Sig.Cer)
			if err != nil {
				t.Fatal(err)
			}
			rs, err := base64.URLEncoding.DecodeString(m.Sig.Sigvl)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			write(t, dir, "csca.pem", vdsnc.PEM(csca.Certificate))
			write(t, dir, "bsc.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
			write(t, dir, "data", m.Data)
			write(t, dir, "sig", derSignature(rs))
			at := "1675731600" // 2023-02-07, the time of issue
			if out, err := openssl(t, dir, "verify", "-attime", at, "-x509_strict", "-CAfile", "csca.pem", "csca.pem"); err != nil {
				t.Errorf("authority: %v\n%s", err, out)
			}
			// The critical extended key usage is unknown to OpenSSL as a purpose and no hindrance; -x509_strict
			// would ask for a subject key identifier, which the standard prohibits.
			if out, err := openssl(t, dir, "verify", "-attime", at, "-CAfile", "csca.pem", "bsc.pem"); err != nil {
				t.Errorf("signer: %v\n%s", err, out)
			}
			if out, err := openssl(t, dir, "x509", "-in", "bsc.pem", "-pubkey", "-noout", "-out", "pub.pem"); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if out, err := openssl(t, dir, "dgst", "-sha256", "-verify", "pub.pem", "-signature", "sig", "data"); err != nil || !strings.Contains(out, "Verified OK") {
				t.Errorf("signature: %v\n%s", err, out)
			}
			text, err := openssl(t, dir, "x509", "-in", "bsc.pem", "-noout", "-text")
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"X509v3 Extended Key Usage: critical", "2.23.136.1.1.14.2", "2.23.136.1.1.6.2", "Authority Key Identifier", "ASN1 OID: prime256v1"} {
				if !strings.Contains(text, want) {
					t.Errorf("signer lacks %q", want)
				}
			}
		})
	}
}

func derSignature(rs []byte) []byte {
	integer := func(b []byte) []byte {
		b = bytes.TrimLeft(b, "\x00")
		if len(b) == 0 || b[0] >= 0x80 {
			b = append([]byte{0}, b...)
		}
		return append([]byte{2, byte(len(b))}, b...)
	}
	body := append(integer(rs[:32]), integer(rs[32:])...)
	return append([]byte{0x30, byte(len(body))}, body...)
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCertificateProfiles(t *testing.T) {
	csca, key := newAuthority(t, elliptic.P256())
	ids := func(c *x509.Certificate) string {
		var s []string
		for _, e := range c.Extensions {
			id := e.Id.String()
			if e.Critical {
				id += "!"
			}
			s = append(s, id)
		}
		return strings.Join(s, " ")
	}
	if got := ids(csca.Certificate); got != "2.5.29.15! 2.5.29.19! 2.5.29.14" {
		t.Errorf("authority has %s", got)
	}
	if c := csca.Certificate; !c.IsCA || c.MaxPathLen != 0 || !c.MaxPathLenZero || c.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign {
		t.Error("authority's constraints or usage")
	}
	if got := ids(key.Certificate); got != "2.5.29.35 2.5.29.37! 2.23.136.1.1.6.2" {
		t.Errorf("signer has %s", got)
	}
	if got := key.Certificate.Subject.String(); got != "CN=VDS-NC,C=JP" {
		t.Errorf("signer is %s", got)
	}
	if !bytes.Equal(key.Certificate.AuthorityKeyId, csca.Certificate.SubjectKeyId) {
		t.Error("key identifiers differ")
	}
	docTypes := key.Certificate.Extensions[2].Value
	if !bytes.Equal(docTypes, []byte{0x30, 9, 2, 1, 0, 0x31, 4, 0x13, 2, 'N', 'V'}) {
		t.Errorf("document types % x", docTypes)
	}
}

func TestProfileRefuses(t *testing.T) {
	key := newKey(t, elliptic.P256())
	csca, signer := newAuthority(t, elliptic.P256())
	for name, p := range map[string]vdsnc.Profile{
		"no country": {CommonName: "X", NotAfter: issuedAt}, "alpha-3": {Country: "JPN", CommonName: "X", NotAfter: issuedAt},
		"no name": {Country: "JP", NotAfter: issuedAt}, "no time": {Country: "JP", CommonName: "X"},
	} {
		if _, err := vdsnc.NewCSCA(p, key); err == nil {
			t.Errorf("%s: made", name)
		}
	}
	if _, err := vdsnc.NewCSCA(profile("X"), newKey(t, elliptic.P521())); !errors.Is(err, vdsnc.ErrKey) {
		t.Errorf("P-521: %v", err)
	}
	if _, err := vdsnc.NewBarcodeSigner(profile("X"), csca, &newKey(t, elliptic.P384()).PublicKey); !errors.Is(err, vdsnc.ErrKey) {
		t.Errorf("P-384 signer: %v", err)
	}
	if _, err := vdsnc.NewBarcodeSigner(profile("X"), signer, &key.PublicKey); !errors.Is(err, vdsnc.ErrKey) {
		t.Errorf("under a signer: %v", err)
	}
}
