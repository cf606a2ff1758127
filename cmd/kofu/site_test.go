// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"

	"github.com/alicebob/miniredis/v2"

	"kofu/cmd/internal/checkpoint"
	"kofu/test/attest"
	"kofu/test/card"
	"kofu/test/keyring"
	"kofu/test/vrs"
)

const siteIssuer = "https://vc.example.jp/issuer"

// A site is all that a server needs, made for a test: keys and anchors as
// files in one folder, a Redis and a record service that answer.
type site struct {
	dir      string
	file     string         // of the configuration; empty: kofu.json
	config   map[string]any // kofu.json as it will be written
	pki      *card.PKI
	apple    *attest.Apple
	google   *attest.Google
	redis    *miniredis.Miniredis
	standIn  *vrs.Server
	gateway  *vrs.Running
	certs    *vrs.Certificates // the gateway's
	app, ops string            // addresses
}

// newSite makes one in dir, which close takes down again.
func newSite(dir string) (*site, error) {
	s := &site{dir: dir}
	var err error
	if s.pki, err = card.NewPKI("9000033"); err != nil {
		return nil, err
	}
	if s.redis, err = miniredis.Run(); err != nil {
		return nil, err
	}
	if s.standIn, err = vrs.Open(vrs.Config{}); err != nil {
		return nil, err
	}
	if s.certs, err = vrs.NewCertificates(); err != nil {
		return nil, err
	}
	if s.gateway, err = s.standIn.StartWith("127.0.0.1:0", s.certs); err != nil {
		return nil, err
	}
	if s.app, err = freeAddress(); err != nil {
		return nil, err
	}
	if s.ops, err = freeAddress(); err != nil {
		return nil, err
	}
	err = errors.Join(s.certs.Write(dir), keyring.Generate(filepath.Join(dir, "keys"), siteIssuer),
		s.write("anchors.json", s.pki.AnchorsJSON()), s.write("municipalities.json", vrs.MunicipalitiesJSON()),
		s.write("uvci", bytes.Repeat([]byte("u"), 32)), s.write("rid", bytes.Repeat([]byte("r"), 32)))
	credentials := map[string]any{}
	for code, secret := range s.standIn.Credentials() {
		name := "credential-" + string(code)
		err = errors.Join(err, s.write(name, []byte(secret+"\n")))
		credentials[string(code)] = name
	}
	s.config = map[string]any{
		"environment": "test", "issuer": siteIssuer, "deep_link_base": "https://app.example.jp",
		"listen":  map[string]any{"app": s.app, "certificate": vrs.ServerFile, "key": vrs.ServerKeyFile, "ops": s.ops},
		"redis":   map[string]any{"address": s.redis.Addr()},
		"sql":     map[string]any{"driver": "sqlite", "path": "kofu.db"},
		"secrets": map[string]any{"uvci": "uvci", "rid": "rid"},
		"keys":    "keys/" + keyring.Manifest, "anchors": "anchors.json", "municipalities": "municipalities.json",
		"vrs": map[string]any{"base_url": s.gateway.URL, "ca": vrs.RootFile, "certificate": vrs.ClientFile, "key": vrs.ClientKeyFile,
			"credentials": credentials},
		"status": map[string]any{"open": "00:00", "close": "24:00", "minimum_app_version": "1.0.0"},
		"times":  map[string]any{"drain": "10ms"},
	}
	return s, errors.Join(err, s.openApp(), s.save())
}

// openKiosk gives the site a door for terminals, at the address it returns.
// The folder terminals has their authority, and one of its certificates.
func (s *site) openKiosk() (addr string, err error) { return s.open("kiosk", "terminals") }

// openCounter likewise for the terminals of offices, in the folder offices;
// checkpoints of the log go to the file checkpoints.
func (s *site) openCounter() (addr string, err error) {
	private, public, err := checkpoint.NewKey("test/log")
	if err != nil {
		return "", err
	}
	err = errors.Join(s.write("staff", bytes.Repeat([]byte("s"), 32)), s.write("log-key", []byte(private+"\n")), s.write("log-key.pub", []byte(public+"\n")))
	if err != nil {
		return "", err
	}
	s.section("secrets")["staff"] = "staff"
	s.config["counter"] = map[string]any{"checkpoints": map[string]any{"every": "100ms", "key": "log-key", "file": "checkpoints"}}
	return s.open("counter", "offices")
}

// open adds a listener for the clients of an authority of its own, in a folder.
func (s *site) open(door, authority string) (addr string, err error) {
	if addr, err = freeAddress(); err != nil {
		return "", err
	}
	certs, err := vrs.NewCertificates()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(s.dir, authority)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	s.section("listen")[door] = map[string]any{"address": addr, "certificate": vrs.ServerFile, "key": vrs.ServerKeyFile, "client_ca": authority + "/" + vrs.RootFile}
	return addr, errors.Join(certs.Write(folder), s.save())
}

func (s *site) write(name string, data []byte) error {
	return os.WriteFile(filepath.Join(s.dir, name), data, 0o600)
}

// save writes the configuration as it is now.
func (s *site) save() error {
	data, err := json.MarshalIndent(s.config, "", "  ")
	if err != nil {
		return err
	}
	return s.write(cmp.Or(s.file, "kofu.json"), data)
}

func (s *site) path() string { return filepath.Join(s.dir, cmp.Or(s.file, "kofu.json")) }

// replica is a second server of the same site, with a counter at addr.
func (s *site) replica() (r *site, addr string, err error) {
	r = new(site)
	*r = *s
	r.file, r.config = "replica.json", maps.Clone(s.config)
	listen := maps.Clone(s.section("listen"))
	for _, set := range []*string{&r.app, &r.ops, &addr} {
		if *set, err = freeAddress(); err != nil {
			return nil, "", err
		}
	}
	door := maps.Clone(listen["counter"].(map[string]any))
	door["address"] = addr
	listen["app"], listen["ops"], listen["counter"] = r.app, r.ops, door
	r.config["listen"] = listen
	return r, addr, r.save()
}

// section returns an object of the configuration.
func (s *site) section(name string) map[string]any { return s.config[name].(map[string]any) }

func (s *site) close() {
	_ = s.gateway.Close()
	_ = s.standIn.Close()
	s.redis.Close()
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
