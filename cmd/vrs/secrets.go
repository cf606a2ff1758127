// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kofu/cert"
	"kofu/test/vrs"
)

// secrets is the folder that a client of the stand-in reads from: ca.pem,
// client.pem, client.key, and credential-<code> for each municipality. The
// stand-in's own server.pem, server.key and key-<code> lie there too: all of
// it is throw-away.
type secrets struct {
	dir         string
	certs       *vrs.Certificates
	keys        map[cert.MunicipalityCode][]byte
	credentials map[cert.MunicipalityCode]string
}

// loadSecrets reads what is there, and makes certificates and keys where
// there are none.
func loadSecrets(dir string, municipalities []cert.MunicipalityCode) (*secrets, error) {
	s := &secrets{dir: dir, keys: make(map[cert.MunicipalityCode][]byte), credentials: make(map[cert.MunicipalityCode]string)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the certificates: %w", err)
	}
	var err error
	s.certs, err = vrs.ReadCertificates(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if s.certs, err = vrs.NewCertificates(); err == nil {
			err = s.certs.Write(dir)
		}
	}
	if err != nil {
		return nil, err
	}
	for _, m := range municipalities {
		key, err := os.ReadFile(s.path("key-", m))
		if errors.Is(err, fs.ErrNotExist) {
			s.keys[m] = make([]byte, 32)
			_, _ = rand.Read(s.keys[m]) // never fails
			continue
		}
		credential, err2 := os.ReadFile(s.path("credential-", m))
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("read secrets: %w", err)
		}
		if s.keys[m], err = hex.DecodeString(strings.TrimSpace(string(key))); err != nil {
			return nil, fmt.Errorf("%s is not hexadecimal", s.path("key-", m))
		}
		s.credentials[m] = strings.TrimSpace(string(credential))
	}
	return s, nil
}

func (s *secrets) path(name string, m cert.MunicipalityCode) string {
	return filepath.Join(s.dir, name+string(m))
}

// save writes keys and credentials, readable by the owner alone.
func (s *secrets) save(credentials map[cert.MunicipalityCode]string) error {
	for _, m := range slices.Sorted(maps.Keys(credentials)) {
		err := errors.Join(
			os.WriteFile(s.path("key-", m), []byte(hex.EncodeToString(s.keys[m])+"\n"), 0o600),
			os.WriteFile(s.path("credential-", m), []byte(credentials[m]+"\n"), 0o600),
		)
		if err != nil {
			return fmt.Errorf("write secrets: %w", err)
		}
	}
	return nil
}
