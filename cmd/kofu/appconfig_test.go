// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"os"
	"testing"

	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cert"
)

// TestAppConfigFaults is TestConfigFaults for the app, and for what production
// does not take.
//
// Rows: B7
func TestAppConfigFaults(t *testing.T) {
	for want, spoil := range map[string]func(a *App){
		"app.attestation must be":                         func(a *App) { a.Attestation = "always" },
		"app.attestation must not be off":                 func(a *App) { a.Attestation = attest.Off },
		"app.binding must be \"surface\"":                 func(a *App) { a.Binding = "loose" },
		"app.binding must be surface in production":       func(a *App) { a.Attestation, a.Binding = attest.Report, cardauth.Attested },
		"app.apple is missing":                            func(a *App) { a.Apple, a.Google, a.Releases = Apple{}, Google{}, Releases{} },
		"app.apple.roots is missing":                      func(a *App) { a.Apple.Roots = "" },
		"app.apple.app_ids is missing":                    func(a *App) { a.Apple.AppIDs = nil },
		"app.apple.development must not":                  func(a *App) { a.Apple.Development = true },
		"app.apple.categories must be":                    func(a *App) { a.Apple.Categories = []string{"App Store"} },
		"app.apple.categories must not have testf":        func(a *App) { a.Apple.Categories = []string{"app_store", "testflight"} },
		"app.apple.categories must not have devel":        func(a *App) { a.Apple.Categories = []string{"developer"} },
		"app.google.package is missing":                   func(a *App) { a.Google.Package = "" },
		"app.google.certificate_digests is":               func(a *App) { a.Google.CertificateDigests = nil },
		"app.google.decryption_key is":                    func(a *App) { a.Google.DecryptionKey = "" },
		"app.google.verification_key is":                  func(a *App) { a.Google.VerificationKey = "" },
		"app.google.min_version must not":                 func(a *App) { a.Google.MinVersion = -1 },
		"app.google.max_age must not":                     func(a *App) { a.Google.MaxAge = -1 },
		"app.google.development must not":                 func(a *App) { a.Google.Development = true },
		"app.credential.key is missing":                   func(a *App) { a.Credential = DeviceCredential{} },
		"app.credential.lifetime must not":                func(a *App) { a.Credential.Lifetime = -1 },
		"app.credential.withdrawn must be":                func(a *App) { a.Credential.Withdrawn = []string{"the old one"} },
		"app.releases.ios.minimum must be":                func(a *App) { a.Releases.IOS.Minimum = "2.1-beta" },
		"app.releases.ios.store must be":                  func(a *App) { a.Releases.IOS.Store = "itms-apps://apple" },
		"app.releases.ios.store is missing":               func(a *App) { a.Releases.IOS.Store = "" },
		"app.releases.android.store is missing":           func(a *App) { a.Releases.Android = Release{} },
		"app.releases.android is of a platform":           func(a *App) { a.Google = Google{} },
		"app.deprecation.since must be a day":             func(a *App) { a.Deprecation = Deprecation{Sunset: "2029-04-01", Link: "https://app.example"} },
		"app.deprecation.sunset must be a day":            func(a *App) { a.Deprecation = Deprecation{"2028-04-01", "next year", "https://app.example"} },
		"app.deprecation: app: deprecation: the en":       func(a *App) { a.Deprecation = Deprecation{"2028-04-01", "2029-03-31", "https://app.example"} },
		"app.deprecation: app: deprecation: the li":       func(a *App) { a.Deprecation = Deprecation{"2028-04-01", "2029-04-01", "http://app.example"} },
		"app.limits.per_prefix must not be below":         func(a *App) { a.Limits.PerPrefix = -1 },
		"app.limits.carriers must not":                    func(a *App) { a.Limits.Carriers = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} },
		"app.limits.per_carrier_prefix is set":            func(a *App) { a.Limits.Carriers = nil },
		"app.limits.per_carrier_prefix must not be below": func(a *App) { a.Limits.PerCarrierPrefix = -1 },
		"app.limits.per_prefix must not be more":          func(a *App) { a.Limits.PerPrefix = mostPerPrefix + 1 },
		"app.limits.per_carrier_prefix must not be more":  func(a *App) { a.Limits.PerCarrierPrefix = mostPerCarrierPrefix + 1 },
		"app.limits.per_card must not be below":           func(a *App) { a.Limits.PerCard = -1 },
		"app.limits.per_card must not be more":            func(a *App) { a.Limits.PerCard = mostPerCard + 1 },
		"app.limits.per_device must not be below":         func(a *App) { a.Limits.PerDevice = -1 },
		"app.limits.per_device must not be more":          func(a *App) { a.Limits.PerDevice = mostPerDevice + 1 },
		"app.passport.csca is missing":                    func(a *App) { a.Passport = Passport{ChipRequired: true} },
		"app.passport.withdrawn must be":                  func(a *App) { a.Passport.Withdrawn = []string{"00ff"} },
	} {
		t.Run(want, func(t *testing.T) { oneFault(t, want, func(c *Config) { spoil(&c.App) }) })
	}
	t.Run("secrets.limits is missing", func(t *testing.T) {
		oneFault(t, "secrets.limits is missing", func(c *Config) { c.Secrets.Limits = "" })
	})
}

// TestAppConfigOfTests: what production refuses, a test may do; and where apps
// are not asked, they need nothing.
func TestAppConfigOfTests(t *testing.T) {
	for name, set := range map[string]func(c *Config){
		"development":         func(c *Config) { c.App.Apple.Development, c.App.Google.Development = true, true },
		"a developer's build": func(c *Config) { c.App.Apple.Categories = []string{"developer", "testflight", "enterprise"} },
		"off":                 func(c *Config) { c.App = App{Attestation: attest.Off} },
		"attested, reported":  func(c *Config) { c.App.Attestation, c.App.Binding = attest.Report, cardauth.Attested },
		"no limits":           func(c *Config) { c.Secrets.Limits = "" },
		"no releases":         func(c *Config) { c.App.Releases = Releases{} },
		"one platform":        func(c *Config) { c.App.Apple, c.App.Releases.IOS = Apple{}, Release{} },
		"generous limits": func(c *Config) {
			c.App.Limits.PerPrefix, c.App.Limits.PerCard, c.App.Limits.PerDevice = 1_000_000, 1000, 1000
		},
		"releases, and off": func(c *Config) {
			c.App = App{Attestation: attest.Off, Releases: c.App.Releases}
		},
	} {
		src, err := os.ReadFile("../../deploy/kofu.example.json")
		if err != nil {
			t.Fatal(err)
		}
		c, _, _ := parseConfig(src)
		c.Environment = cert.Test
		set(&c)
		if bad := c.faults(); len(bad) > 0 {
			t.Errorf("%s: %q", name, bad)
		}
	}
}
