// SPDX-License-Identifier: Apache-2.0

package verify_test

import (
	"os"
	"path/filepath"
	"testing"

	"kofu/cert/verify"
)

func FuzzFiles(f *testing.F) {
	for _, text := range []string{"", "{", "[{}]", "shc:/1/2/56", "shc:/56", "eyJ.a.b", `{"verifiableCredential":["a"]}`, "%PDF-1.7", "\x89PNG\r\n\x1a\n"} {
		f.Add([]byte(text))
	}
	seeds, _ := filepath.Glob("../../../shared/vectors/*/*") // none is no harm
	for _, path := range seeds {
		if data, err := os.ReadFile(path); err == nil && len(data) < 1<<16 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range (verify.Judge{}).Files(verify.File{Name: "x", Data: data}, verify.File{Name: "y", Data: data}) {
			if v.Outcome() == verify.Authentic {
				t.Error("authentic, without any trust")
			}
			if v.Reason() == "" {
				t.Error("no reason")
			}
			if _, err := v.JSON(); err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzTrust(f *testing.F) {
	f.Add([]byte(`{"jwks":{"keys":[]},"crls":[],"csca":[],"signers":[],"revoked_uvci":[]}`))
	f.Add([]byte(`{"format":"vdsnc","uvci_sha256":[]}`))
	f.Add([]byte(`{"kid":"a","method":"rid","ctr":1,"rids":["a"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var trust verify.Trust
		_ = trust.AddBundle(data)
		_ = trust.AddRevocations(data)
		_ = trust.AddCSCAs(data)
		_ = trust.AddKeys(data, "")
	})
}
