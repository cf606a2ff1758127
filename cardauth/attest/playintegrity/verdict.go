// SPDX-License-Identifier: Apache-2.0

package playintegrity

import (
	"crypto/subtle"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/cardauth/attest"
)

// Attest judges a token that was requested for keystoreKey (a
// SubjectPublicKeyInfo in DER) and challenge: see [Nonce]. It returns the
// device, or an [attest.Error].
func (v *Verifier) Attest(token string, keystoreKey []byte, challenge [32]byte) (d attest.Device, err error) {
	defer contain(&err)
	key, err := deviceKey(keystoreKey)
	if err != nil {
		return attest.Device{}, err
	}
	signed, err := v.open(token)
	if err != nil {
		return attest.Device{}, err
	}
	development, version, err := v.judge(signed, nonce(challenge, keystoreKey))
	if err != nil {
		return attest.Device{}, err
	}
	return attest.Device{
		Platform: attest.Android, Key: key, Development: development,
		AppVersion: strconv.FormatInt(version, 10),
	}, nil
}

// judge holds what Google has signed against the configuration, and tells
// whether it would be good for development only.
func (v *Verifier) judge(signed []byte, nonce [32]byte) (development bool, version int64, err error) {
	var p payload
	if json.Unmarshal(signed, &p) != nil {
		return false, 0, refuse("verdict", attest.CodePlayMalformed)
	}
	if err := v.judgeRequest(p, nonce); err != nil {
		return false, 0, err
	}
	if p.Testing.IsResponse && !v.cfg.Development {
		return false, 0, refuse("verdict", attest.CodeEnvironment)
	}
	if err := v.judgeApp(p); err != nil {
		return false, 0, err
	}
	for _, label := range v.cfg.DeviceVerdicts {
		if !slices.Contains(p.Device.Verdicts, label) {
			return false, 0, refuse("verdict", attest.CodePlayDeviceVerdict)
		}
	}
	if !slices.Contains(v.cfg.Licences, p.Account.Licence) {
		return false, 0, refuse("verdict", attest.CodePlayLicence)
	}
	sound := slices.Contains(p.Device.Verdicts, Sound) || slices.Contains(p.Device.Verdicts, Strong)
	return p.Testing.IsResponse || !sound || p.App.Verdict != Recognized, int64(p.App.Version), nil
}

// judgeRequest looks at what the token was requested for. The package named
// here is what the app has said, and is proved by judgeApp only.
func (v *Verifier) judgeRequest(p payload, nonce [32]byte) error {
	sent, ok := digest(p.Request.Nonce)
	age := v.cfg.Now().Sub(time.UnixMilli(int64(p.Request.Timestamp)))
	switch {
	case p.Request.Package != v.cfg.Package:
		return refuse("verdict", attest.CodePlayRequest)
	case !ok || subtle.ConstantTimeCompare(sent[:], nonce[:]) != 1:
		return refuse("verdict", attest.CodePlayNonce)
	case age < -attest.ClockSkew:
		return refuse("verdict", attest.CodePlayEarly)
	case age > v.cfg.MaxAge:
		return refuse("verdict", attest.CodePlayExpired)
	}
	return nil
}

func (v *Verifier) judgeApp(p payload) error {
	switch {
	case !slices.Contains(v.cfg.AppVerdicts, p.App.Verdict):
		return refuse("verdict", attest.CodePlayAppVerdict)
	case p.App.Package != v.cfg.Package:
		return refuse("verdict", attest.CodePlayPackage)
	case len(p.App.Certificates) == 0:
		return refuse("verdict", attest.CodePlayCertificate)
	}
	for _, text := range p.App.Certificates {
		if d, ok := digest(text); !ok || !slices.Contains(v.digests, d) {
			return refuse("verdict", attest.CodePlayCertificate)
		}
	}
	if int64(p.App.Version) < max(1, v.cfg.MinVersion) { // no app's version code is 0
		return refuse("verdict", attest.CodePlayVersion)
	}
	return nil
}
