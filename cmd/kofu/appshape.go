// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"time"

	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	"kofu/cert"
)

// appFaults tells what is wrong with the section app, and with what belongs to
// it elsewhere.
func (c *Config) appFaults() (bad []string) {
	say := func(where, what string) { bad = append(bad, where+" "+what) }
	a, production := c.App, c.Environment == cert.Production
	switch {
	case !a.Attestation.Valid():
		say("app.attestation", `must be "required", "report" or "off"`)
	case a.Attestation == attest.Off && production:
		say("app.attestation", "must not be off in production: any program could apply")
	}
	switch {
	case !cardauth.KnownBinding(a.binding()):
		say("app.binding", `must be "surface" or "attested"`)
	case a.Binding == cardauth.Attested && production && a.policy() != attest.Required:
		say("app.binding", "must be surface in production where attestation is not required: nothing would tie the files to the card")
	}
	if a.Attestation.Valid() && a.Attestation != attest.Off {
		if !a.Apple.served() && !a.Google.served() {
			say("app.apple", "is missing, and so is app.google: no app could prove itself")
		}
		if a.Credential.Key == "" {
			say("app.credential.key", "is missing: devices are given credentials")
		}
	}
	if production && c.Secrets.Limits == "" {
		say("secrets.limits", "is missing: production has limits")
	}
	return slices.Concat(bad, a.Apple.faults(production), a.Google.faults(production), a.Credential.faults(), a.releaseFaults(production), a.Deprecation.faults(),
		a.Limits.faults(production), a.Passport.faults())
}

func (a Apple) faults(production bool) (bad []string) {
	if !a.served() {
		return nil
	}
	if a.Roots == "" {
		bad = append(bad, "app.apple.roots is missing")
	}
	if len(a.AppIDs) == 0 {
		bad = append(bad, "app.apple.app_ids is missing")
	}
	if a.Development && production {
		bad = append(bad, "app.apple.development must not be set in production: anybody's build could apply")
	}
	for _, name := range a.Categories {
		switch c, known := category(name); {
		case !known:
			bad = append(bad, `app.apple.categories must be of "app_store", "enterprise", "testflight" and "developer"`)
		case production && (c == appattest.TestFlight || c == appattest.Developer):
			bad = append(bad, "app.apple.categories must not have "+name+" in production")
		}
	}
	return bad
}

func (g Google) faults(production bool) (bad []string) {
	if !g.served() {
		return nil
	}
	for _, key := range [][2]string{{"package", g.Package}, {"decryption_key", g.DecryptionKey}, {"verification_key", g.VerificationKey}} {
		if key[1] == "" {
			bad = append(bad, "app.google."+key[0]+" is missing")
		}
	}
	if len(g.CertificateDigests) == 0 {
		bad = append(bad, "app.google.certificate_digests is missing")
	}
	if g.Development && production {
		bad = append(bad, "app.google.development must not be set in production: any device could apply")
	}
	return bad
}

func (d DeviceCredential) faults() (bad []string) {
	if d.Key == "" && (len(d.Verifying) > 0 || len(d.Withdrawn) > 0 || d.Lifetime != 0) {
		bad = append(bad, "app.credential names no key")
	}
	for _, kid := range d.Withdrawn {
		if b, err := base64.RawURLEncoding.Strict().DecodeString(kid); err != nil || len(b) != 32 {
			bad = append(bad, "app.credential.withdrawn must be key ids: 43 characters of base64url")
		}
	}
	return bad
}

// releaseFaults wants, as soon as there is one release, that of each platform:
// an app of another would be told that it is too old, and not where to go.
func (a App) releaseFaults(production bool) (bad []string) {
	needed := production || a.Releases != Releases{}
	for _, p := range []struct {
		name string
		Release
		served bool
	}{{"ios", a.Releases.IOS, a.Apple.served()}, {"android", a.Releases.Android, a.Google.served()}} {
		where := "app.releases." + p.name
		if p.Minimum != "" && !dotted.MatchString(p.Minimum) {
			bad = append(bad, where+`.minimum must be numbers with dots between, such as "2.1.0"`)
		}
		switch u, err := url.Parse(p.Store); {
		case p.Store == "" && (needed && p.served || p.Minimum != ""):
			bad = append(bad, where+".store is missing: there is nowhere to send an old app to")
		case p.Store != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil):
			bad = append(bad, where+".store must be an https address")
		case p.Release != Release{} && !p.served && a.policy() != attest.Off:
			bad = append(bad, where+" is of a platform on which no app could prove itself")
		}
	}
	return bad
}

// faults tells what is no day; what else cannot be, the door tells.
func (d Deprecation) faults() (bad []string) {
	for _, day := range []struct{ key, text string }{{"since", d.Since}, {"sunset", d.Sunset}} {
		if _, err := time.Parse(time.DateOnly, day.text); err != nil && d != (Deprecation{}) {
			bad = append(bad, "app.deprecation."+day.key+` must be a day, such as "2028-04-01"`)
		}
	}
	if err := d.app().Check(); err != nil && len(bad) == 0 {
		bad = append(bad, "app.deprecation: "+err.Error())
	}
	return bad
}

func (l AppLimits) faults(production bool) (bad []string) {
	for _, p := range l.Carriers {
		if p.Bits() == 0 {
			bad = append(bad, "app.limits.carriers must not be every address there is")
		}
	}
	if len(l.Carriers) == 0 && l.PerCarrierPrefix != 0 {
		bad = append(bad, "app.limits.per_carrier_prefix is set, and app.limits.carriers names none")
	}
	for _, n := range []struct {
		key      string
		is, most int
	}{
		{"per_prefix", l.PerPrefix, mostPerPrefix}, {"per_carrier_prefix", l.PerCarrierPrefix, mostPerCarrierPrefix},
		{"per_card", l.PerCard, mostPerCard}, {"per_device", l.PerDevice, mostPerDevice},
	} {
		if production && n.is > n.most {
			bad = append(bad, fmt.Sprintf("app.limits.%s must not be more than %d in production", n.key, n.most))
		}
	}
	return bad
}

func (p Passport) faults() (bad []string) {
	if p.CSCA == "" && (p.ChipRequired || p.SHA1 || p.ExpiredSigner || len(p.Withdrawn) > 0) {
		bad = append(bad, "app.passport.csca is missing: without authorities no chip is read")
	}
	for _, text := range p.Withdrawn {
		if b, err := hex.DecodeString(text); err != nil || len(b) != 32 {
			bad = append(bad, "app.passport.withdrawn must be SHA-256 in hexadecimal: 64 digits")
		}
	}
	return bad
}
