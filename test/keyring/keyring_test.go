// SPDX-License-Identifier: Apache-2.0

package keyring_test

import (
	"path/filepath"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/keys/filekey"
	"kofu/test/keyring"
)

const iss = "https://localhost:8443/issuer"

func TestGeneratedRingServesEveryDoor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if err := keyring.Generate(dir, iss); err != nil {
		t.Fatal(err)
	}
	written, err := filekey.Load(filepath.Join(dir, keyring.Manifest), cert.Test)
	if err != nil {
		t.Fatal(err)
	}
	inMemory, err := keyring.New(iss)
	if err != nil {
		t.Fatal(err)
	}
	for name, ring := range map[string]*keys.Ring{"written": written, "in memory": inMemory} {
		for _, f := range []keys.Format{keys.SHC, keys.VDSNC} {
			for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
				if _, err := ring.Active(f, ch); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if err := ring.CheckIssuer(iss); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := ring.CheckTime(time.Now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(ring.CSCAs()) != 1 || len(ring.BarcodeSigners()) != 3 {
			t.Errorf("%s: %d CSCAs, %d barcode signers", name, len(ring.CSCAs()), len(ring.BarcodeSigners()))
		}
	}
}
