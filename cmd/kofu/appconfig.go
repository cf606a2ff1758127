// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"net/netip"
	"reflect"
	"time"

	"kofu/api/app"
	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	"kofu/cardauth/attest/playintegrity"
	"kofu/cert"
)

// App is for phones: how an app proves that it is the genuine one (package
// attest), how a card's files and its holder's card are tied to each other, and
// what one phone may ask for.
type App struct {
	// Attestation says what becomes of an app that has not proved itself:
	// "required", it is refused; "report", it is counted and served; "off", it
	// is not asked. required by default, and production refuses off. Unless it
	// is off, a platform and credential.key are needed.
	Attestation attest.Policy `json:"attestation"`

	// Binding is "surface", by what the card signs, or "attested", by the app,
	// which then decides whose files are sent (package cardauth). surface by
	// default; production takes attested only where attestation is required.
	// surface needs anchors of the surface application.
	Binding cardauth.Binding `json:"binding"`

	Apple       Apple            `json:"apple"`
	Google      Google           `json:"google"`
	Credential  DeviceCredential `json:"credential"`
	Releases    Releases         `json:"releases"`
	Deprecation Deprecation      `json:"deprecation"`
	Limits      AppLimits        `json:"limits"`
	Passport    Passport         `json:"passport"`
}

// Apple is how apps on iOS prove themselves (package appattest). Without it
// there is none.
type Apple struct {
	// Roots is the path of Apple's root for App Attest, PEM. Production takes
	// no other organization's.
	Roots string `json:"roots"`
	// AppIDs are the apps: team, dot, bundle, such as "ABCDE12345.jp.example.kofu".
	AppIDs []string `json:"app_ids"`
	// Development takes apps of the development environment, too. Never in
	// production.
	Development bool `json:"development"`
	// Categories are the ways to have installed the app that are taken, where
	// the phone tells (iOS 27): "app_store", "enterprise", and never in
	// production "testflight" and "developer". app_store, and with development
	// those two, by default.
	Categories []string `json:"categories"`
	MinVersion string   `json:"min_version"` // lowest bundle version (CFBundleVersion), where the phone tells; any by default
}

// Google is how apps on Android prove themselves (package playintegrity).
// Without it there is none.
type Google struct {
	Package string `json:"package"` // such as "jp.example.kofu"
	// CertificateDigests are SHA-256 of the certificates that sign the app, as
	// the Play Console shows them.
	CertificateDigests []string `json:"certificate_digests"`
	// DecryptionKey, a secret, and VerificationKey are paths of the response
	// encryption keys, in base64 as the Play Console shows them.
	DecryptionKey   string `json:"decryption_key"`
	VerificationKey string `json:"verification_key"`
	MinVersion      int    `json:"min_version"` // lowest version code; any by default
	// Verdicts must all have been given to the device, each of AppVerdicts and
	// of Licences is taken: MEETS_DEVICE_INTEGRITY, PLAY_RECOGNIZED and LICENSED
	// by default. Production takes no weaker device, and no other app.
	Verdicts    []playintegrity.DeviceVerdict `json:"verdicts"`
	AppVerdicts []playintegrity.AppVerdict    `json:"app_verdicts"`
	Licences    []playintegrity.Licence       `json:"licences"`
	MaxAge      Duration                      `json:"max_age"` // of a token; 5m, at most 1h
	// Development takes what the Play Console answers for testers, and weaker
	// verdicts. Never in production.
	Development bool `json:"development"`
}

// DeviceCredential is what a device gets for its proof, and shows from then on.
// Nothing about a device is kept here.
type DeviceCredential struct {
	// Key is the path of the key that signs credentials, and nothing else: PEM,
	// PKCS #8, as from openssl genpkey -algorithm EC -pkeyopt
	// ec_paramgen_curve:P-256. All replicas have the same.
	Key string `json:"key"`
	// Verifying are paths of public keys (PEM) whose credentials are taken,
	// too, while keys are changed: the next one, so that replicas that have
	// changed and others take each other's, and the last one, for a day.
	Verifying []string `json:"verifying"`
	// Withdrawn are key ids (RFC 7638) whose credentials are refused: those of
	// keys that somebody else may have had. At its start the server logs the one
	// it signs with.
	Withdrawn []string `json:"withdrawn"`
	Lifetime  Duration `json:"lifetime"` // 24h, which is also the most
}

// Releases are the versions of the app that are served. An older one is sent to
// its store. What an app says of itself there is not proved: apple.min_version
// and google.min_version are. Production needs the store of each platform.
type Releases struct {
	IOS     Release `json:"ios"`
	Android Release `json:"android"`
}

// Release is of one platform.
type Release struct {
	Minimum string `json:"minimum"` // "2.1.0"; any by default
	Store   string `json:"store"`   // https address of the app in the store
}

// Deprecation announces the end of the app's paths (/app/v1) in the header of
// their answers. It closes nothing. All three, or none.
type Deprecation struct {
	Since  string `json:"since"`  // day in Japan from which on they are deprecated, such as "2028-04-01"
	Sunset string `json:"sunset"` // day in Japan from which on they may be gone, twelve months later at the earliest
	Link   string `json:"link"`   // https address of what to do instead
}

// app is d as the door has it; what is no day is the zero time.
func (d Deprecation) app() app.Deprecation {
	day := func(text string) time.Time {
		t, _ := time.ParseInLocation(time.DateOnly, text, cert.JST())
		return t
	}
	return app.Deprecation{Since: day(d.Since), Sunset: day(d.Sunset), Link: d.Link}
}

// AppLimits bound what one network, card or device can ask for, counted on all
// replicas together. They need secrets.limits, and behind a proxy
// trusted_proxies: without, everybody comes from the proxy's network.
type AppLimits struct {
	PerPrefix int `json:"per_prefix"` // challenges in ten minutes of one /24 (IPv4) or /56 (IPv6); 600, at most 60000 in production
	// Carriers are networks in which many people share an address, such as
	// those of mobile carriers.
	Carriers         []netip.Prefix `json:"carriers"`
	PerCarrierPrefix int            `json:"per_carrier_prefix"` // likewise, of one /24 or /56 in them; 60000, at most 1000000 in production
	PerCard          int            `json:"per_card"`           // applications in an hour with one card; 10, at most 60 in production
	PerDevice        int            `json:"per_device"`         // applications in an hour from one device; 30, at most 600 in production
}

// Passport says how passports are read (package passport).
type Passport struct {
	// CSCA is the path of the authorities of the States whose chips are
	// trusted: PEM, DER or a master list. Without it no chip is read.
	CSCA string `json:"csca"`
	// ChipRequired refuses the printed lines alone, which anybody can make up.
	ChipRequired  bool `json:"chip_required"`
	SHA1          bool `json:"sha1"`           // takes chips signed with SHA-1
	ExpiredSigner bool `json:"expired_signer"` // takes chips whose signer's certificate has ended
	// Withdrawn are signers and authorities that are not trusted, by the SHA-256, in
	// hexadecimal, of the public key: openssl x509 -in FILE -pubkey -noout |
	// openssl pkey -pubin -outform DER | sha256sum
	Withdrawn []string `json:"withdrawn"`
}

// The limits by default, and the most that production takes.
const (
	perPrefix        = 600
	perCarrierPrefix = 60_000
	perCard          = 10
	perDevice        = 30

	mostPerPrefix        = 60_000
	mostPerCarrierPrefix = 1_000_000
	mostPerCard          = 60
	mostPerDevice        = 600
)

func (a App) policy() attest.Policy { return cmp.Or(a.Attestation, attest.Required) }

func (a App) binding() cardauth.Binding { return cmp.Or(a.Binding, cardauth.Surface) }

// served reports whether there is such a platform.
func (a Apple) served() bool  { return !reflect.ValueOf(a).IsZero() }
func (g Google) served() bool { return !reflect.ValueOf(g).IsZero() }

// category returns Apple's number for a way to install an app.
func category(name string) (c appattest.Category, known bool) {
	switch name {
	case "testflight":
		return appattest.TestFlight, true
	case "developer":
		return appattest.Developer, true
	case "app_store":
		return appattest.AppStore, true
	case "enterprise":
		return appattest.Enterprise, true
	}
	return 0, false
}
