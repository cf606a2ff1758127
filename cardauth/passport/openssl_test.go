// SPDX-License-Identifier: Apache-2.0

package passport_test

import (
	"bytes"
	"crypto"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kofu/cardauth/passport"
	sim "kofu/test/passport"
)

// workshop is a folder in which OpenSSL works.
type workshop struct {
	testing.TB
	dir string
}

func newWorkshop(t testing.TB) workshop {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("KOFU_REQUIRE") == "1" {
			t.Fatal("install openssl")
		}
		t.Skip("install openssl")
	}
	return workshop{t, t.TempDir()}
}

func (w workshop) write(name string, data []byte) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), data, 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w workshop) read(name string) []byte {
	w.Helper()
	return must(os.ReadFile(filepath.Join(w.dir, name)))(w)
}

func (w workshop) openssl(args ...string) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "openssl", args...)
	cmd.Dir = w.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		w.Fatalf("openssl %s: %v\n%s", args[0], err, out)
	}
}

const opensslConfig = `[req]
distinguished_name=dn
[dn]
[csca]
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[signer]
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
2.5.29.16=DER:30:22:80:0F:32:30:32:32:30:32:30:37:30:30:30:30:30:30:5A:81:0F:32:30:32:33:30:32:31:36:30:30:30:30:30:30:5A
issuerAltName=email:pki@example.jp
2.23.136.1.1.6.2=DER:30:08:02:01:00:31:03:13:01:50
crlDistributionPoints=URI:https://example.int/CRLs/JPN.crl
`

// TestChipMadeByOpenSSL: authority, signer and signature by somebody else's
// hand, with the curves spelled out by OpenSSL.
// Rows: B4
func TestChipMadeByOpenSSL(t *testing.T) {
	explicit := func(curve, out string) []string {
		return []string{"ecparam", "-name", curve, "-param_enc", "explicit", "-genkey", "-noout", "-out", out}
	}
	rsa := func(out string) []string {
		return []string{"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", out}
	}
	pss := []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"}
	for name, tt := range map[string]struct {
		csca, signer []string
		cscaSign     []string
		md           string
		cms          []string
	}{
		"P-384 over P-256, both spelled out": {explicit("secp384r1", "csca.key"), explicit("prime256v1", "ds.key"), []string{"-sha384"}, "sha256", nil},
		"P-521 over RSA":                     {explicit("secp521r1", "csca.key"), rsa("ds.key"), []string{"-sha512"}, "sha256", nil},
		"RSA over RSASSA-PSS":                {rsa("csca.key"), rsa("ds.key"), []string{"-sha256"}, "sha256", pss},
		"RSASSA-PSS over P-384": {rsa("csca.key"), explicit("secp384r1", "ds.key"),
			[]string{"-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"}, "sha384", nil},
		"by key identifier": {explicit("prime256v1", "csca.key"), explicit("prime256v1", "ds.key"), []string{"-sha256"}, "sha512", []string{"-keyid"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkshop(t)
			w.write("conf", []byte(opensslConfig))
			w.openssl(tt.csca...)
			w.openssl(tt.signer...)
			w.openssl(append([]string{"req", "-x509", "-new", "-config", "conf", "-extensions", "csca", "-key", "csca.key", "-days", "5000",
				"-subj", "/C=JP/O=Japanese Government/CN=e-passportCSCA", "-out", "csca.pem"}, tt.cscaSign...)...)
			w.openssl("req", "-new", "-config", "conf", "-key", "ds.key", "-subj", "/C=JP/CN=signer 7", "-out", "ds.csr")
			w.openssl(append([]string{"x509", "-req", "-in", "ds.csr", "-CA", "csca.pem", "-CAkey", "csca.key", "-set_serial", "268", "-days", "4000",
				"-extfile", "conf", "-extensions", "signer", "-out", "ds.pem"}, tt.cscaSign...)...)
			dg1 := sim.DG1(zone1, zone2)
			w.write("lds", sim.SecurityObject(1, crypto.SHA256, sim.Groups(crypto.SHA256, dg1)...))
			w.openssl(append([]string{"cms", "-sign", "-binary", "-nodetach", "-in", "lds", "-econtent_type", "2.23.136.1.1.1", "-md", tt.md,
				"-signer", "ds.pem", "-inkey", "ds.key", "-outform", "DER", "-out", "cms"}, tt.cms...)...)
			v := &passport.ChipVerifier{CSCAs: must(passport.ParseCSCAs(w.read("csca.pem")))(t), Now: func() time.Time { return time.Now().Add(time.Minute) }}
			p, err := v.Verify(passport.Chip{SOD: sim.TLV(0x77, w.read("cms")), DG1: dg1})
			if err != nil || p.Primary != "KOFU" {
				t.Fatal(err)
			}
			v.CSCAs = must(passport.ParseCSCAs(sim.PEM(newCountry(t, sim.P256(), sim.P256()).authority)))(t)
			if _, err := v.Verify(passport.Chip{SOD: sim.TLV(0x77, w.read("cms")), DG1: dg1}); !errorIs(err, passport.CodeCSCAUnknown) {
				t.Errorf("under another authority: %v", err)
			}
		})
	}
}

func errorIs(err error, want passport.Code) bool {
	code, ok := passport.CodeOf(err)
	return ok && code == want
}

// TestSimulatedChipInOpenSSL: what the simulator signs, OpenSSL verifies, too,
// so the two sides of the other tests do not agree with each other only. It
// refuses keys with a curve spelled out, so those are not among them.
func TestSimulatedChipInOpenSSL(t *testing.T) {
	for name, jp := range map[string]country{
		"P-256":        newCountry(t, sim.P384(), sim.P256()),
		"RSA":          newCountry(t, sim.RSA(crypto.SHA256), sim.RSA(crypto.SHA256)),
		"RSASSA-PSS":   newCountry(t, sim.RSAPSS(crypto.SHA256), sim.RSAPSS(crypto.SHA384)),
		"with SHA-512": newCountry(t, sim.P384(), sim.Suite{Curve: sim.P384().Curve, Hash: crypto.SHA512}),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkshop(t)
			dg1 := sim.DG1(zone1, zone2)
			d := jp.signer.Draft(dg1)
			d.Tag = 0
			w.write("cms", must(d.Build())(t))
			w.write("csca.pem", sim.PEM(jp.authority))
			w.openssl("cms", "-verify", "-inform", "DER", "-in", "cms", "-CAfile", "csca.pem", "-binary", "-purpose", "any", "-no_check_time", "-out", "lds")
			if !bytes.Equal(w.read("lds"), d.Content) {
				t.Error("another content")
			}
		})
	}
}
