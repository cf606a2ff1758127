// SPDX-License-Identifier: Apache-2.0

package filekey_test

import (
	"os"
	"path/filepath"
	"testing"

	"kofu/cert"
	"kofu/cert/keys/filekey"
)

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"environment":"test","keys":[{"format":"shc","channels":["app"],"state":"active","private":"a.pem","chain":["b.pem"]}],"csca":["c.pem"]}`), []byte("-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte(`{"environment":"test","keys":[{"format":"shc","state":"archived","public":"a.pem"}]}`), []byte("-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n"))
	f.Add([]byte(`{"keys":[{}]}`), []byte(nil))
	f.Fuzz(func(t *testing.T, manifest, file []byte) {
		dir := t.TempDir()
		for name, data := range map[string][]byte{"keys.json": manifest, "a.pem": file, "b.pem": file, "c.pem": file} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		ring, err := filekey.Load(filepath.Join(dir, "keys.json"), cert.Test)
		if (ring == nil) == (err == nil) {
			t.Error("neither a ring nor an error")
		}
	})
}
