// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"time"

	"kofu/cardauth"
	"kofu/cert"
)

// Config is the one configuration file, JSON. It is read strictly: a key that
// is not here, one that stands twice, null, or anything after the closing
// brace is refused with its line and column. What is marked required has no
// default. Paths that are not absolute start from the file's own folder. No
// secret stands in the file: where one is needed, a path to it does. Of a
// password or credential, line breaks at the end of its file are no part.
//
// deploy/kofu.example.json has every key there is.
type Config struct {
	// Environment is "production" or "test". Keys, trust anchors and
	// certificates of one do not load in the other; what test issues says
	// 見本 / SPECIMEN across the paper.
	Environment cert.Environment `json:"environment" kofu:"required"`

	// Issuer is the "iss" of SMART Health Cards: an https URL without a slash
	// at its end. Certificates are verified under it for decades.
	Issuer string `json:"issuer" kofu:"required"`

	// DeepLinkBase is the https URL that wallet deep links start with.
	DeepLinkBase string `json:"deep_link_base" kofu:"required"`

	Listen Listen `json:"listen"`

	// TrustedProxies lists the networks whose X-Forwarded-For is believed, such
	// as "10.0.0.0/24". They must append the bare address of who called them (no
	// port), and nobody else may have an address there. No other header is
	// believed. None by default; every address there is is refused.
	TrustedProxies []netip.Prefix `json:"trusted_proxies"`

	Redis   Redis   `json:"redis"`
	SQL     SQL     `json:"sql"`
	Secrets Secrets `json:"secrets"`

	// Keys is the path of the key manifest (package filekey). Every format
	// needs an active key for the app and, where they are served, the kiosk and
	// the counter.
	Keys string `json:"keys" kofu:"required"`

	// Anchors is the path of the trust anchors of the cards (package cardauth):
	// those of the text application and, where app.binding is surface, of the
	// surface application.
	Anchors string `json:"anchors" kofu:"required"`

	// CardSuites has the last day, in Japan, on which each suite of card
	// algorithms is accepted, such as {"rsa2048-sha256": "2030-12-31"}, which is
	// also what an empty table stands for. A suite that is not named is refused.
	CardSuites map[cardauth.Suite]string `json:"card_suites"`

	// Municipalities is the path of the table of who takes part, from when, at
	// which hours, and which rules on records only warn there (package
	// municipality; deploy/record-rules.md).
	Municipalities string `json:"municipalities" kofu:"required"`

	VRS VRS `json:"vrs"`

	// Fonts are paths of TrueType fonts asked, in this order, for a character
	// that the built-in one lacks. A name that none has is refused.
	Fonts []string `json:"fonts"`

	QR QR `json:"qr"`

	App       App       `json:"app"`
	Admission Admission `json:"admission"`
	Kiosk     Kiosk     `json:"kiosk"`
	Counter   Counter   `json:"counter"`
	Status    Status    `json:"status"`
	Times     Times     `json:"times"`
}

// Listen is where the server listens.
type Listen struct {
	// App is host:port for phones and the public. TLS 1.2 at least, always.
	App string `json:"app" kofu:"required"`
	// Certificate and Key are paths of the PEM chain, leaf first, and its key.
	// A renewed pair is used after a restart. When the certificate or its
	// issuer's is not valid, the server is not ready; so it is with VRS.
	Certificate string `json:"certificate" kofu:"required"`
	Key         string `json:"key" kofu:"required"`
	// Ops is host:port for /healthz, /readyz and /metrics, without TLS: keep it
	// on the loopback or a network of operators.
	Ops string `json:"ops" kofu:"required"`
	// Kiosk is where terminals in stores come; which certificate is a
	// terminal's says the registry (kofu staff terminal). Without it no kiosk
	// is served.
	Kiosk MutualListener `json:"kiosk"`
	// Counter is where the terminals of municipal offices come (kofu staff
	// desk). Without it there is no counter.
	Counter MutualListener `json:"counter"`
}

// MutualListener is set as a whole or not at all. It asks each client for a
// certificate of one of its roots; which of them may come says a registry, at
// every request. What one listener answers, no other does.
type MutualListener struct {
	Address     string `json:"address"`     // host:port
	Certificate string `json:"certificate"` // path of the PEM chain, leaf first, of our side
	Key         string `json:"key"`         // path of its key
	ClientCA    string `json:"client_ca"`   // path of the PEM roots of these terminals' certificates, and of no other
}

// Redis is where challenges, sealing keys and counters are kept (package
// redisstore).
// Production wants TLS, an ACL user of its own, and no persistence.
type Redis struct {
	Address  string   `json:"address"`  // host:port, or the path of a Unix socket; or else:
	Sentinel []string `json:"sentinel"` // host:port of each Sentinel
	Master   string   `json:"master"`   // by which name the Sentinels know it

	// SentinelUser and SentinelPassword (a path) are for the Sentinels alone,
	// which have users of their own.
	SentinelUser     string `json:"sentinel_user"`
	SentinelPassword string `json:"sentinel_password"`

	User     string   `json:"user"`     // ACL user
	Password string   `json:"password"` // path of its password
	TLS      bool     `json:"tls"`      // to the Sentinels and the replicas, too
	CA       string   `json:"ca"`       // path of PEM roots; the system's when empty
	Replicas int      `json:"replicas"` // how many there are: what matters waits for all of them
	Timeout  Duration `json:"timeout"`  // of a command; 1s
}

// SQL is the database of terminals, closures, the kiosk's books, the staff and
// its accounts, what was withdrawn, and the operation log (package sqlstore).
// Its tables are made, and brought up to date, by the server.
type SQL struct {
	// Driver is "sqlite", for one machine, or "postgres".
	Driver string `json:"driver" kofu:"required"`
	// Path is of the file of SQLite, which is made where there is none; its
	// folder must be writable. ":memory:" forgets everything, and production
	// refuses it.
	Path string `json:"path"`
	// DSN is the path of a file with the connection string of PostgreSQL, which
	// holds its password: postgres://user:password@host/database?sslmode=verify-full.
	DSN string `json:"dsn"`
}

// QR is how the symbols on paper are made.
type QR struct {
	// Encoder is who writes them: "kofu", which is the default and package qr's
	// own, or "skip2", the library that it is tested against, at two hundred
	// times the cost. Every reader reads either. All replicas have the same: a
	// paper is not made again by another encoder.
	Encoder string `json:"encoder"`
}

// The values of qr.encoder.
const (
	encoderOwn   = "kofu"
	encoderSkip2 = "skip2"
)

// Kiosk is for terminals in stores, where listen.kiosk is set.
type Kiosk struct {
	// Texts is a folder with a table of texts a language, in the place of
	// those of the program. All languages must be whole.
	Texts string `json:"texts"`
	// Networks lists those from which terminals may come, such as
	// "10.0.0.0/8". All by default.
	Networks    []netip.Prefix `json:"networks"`
	MaxSessions int            `json:"max_sessions"` // at once, on all replicas: who comes then waits; 500
	PerMinute   int            `json:"per_minute"`   // requests of one terminal; 240
	// CopyEvident gives the paper a background on which 複写 shows when it is
	// copied.
	CopyEvident bool `json:"copy_evident"`
}

// Admission is how many people are let in (package admission). What a machine
// can do is measured, not configured: the defaults are good for all.
type Admission struct {
	// Workers is how many card proofs and certificates are computed at once; as
	// many as there are processors when it is not set.
	Workers int `json:"workers"`
	// Requests is how many of those who were let in may be served at once at a
	// door, in memory; beyond, they are told to try again. 1024.
	Requests int `json:"requests"`
	// Off lets everybody in, for tests of other things; production refuses it.
	Off bool `json:"off"`
}

// Secrets are paths of files with 32 bytes or more each, no two the same.
// Whoever has them can tell which certificate an identifier belongs to; a
// change of one makes new identifiers for certificates issued again. The
// secret is exactly the bytes of the file, a line break at its end included;
// `head -c 32 /dev/urandom` makes one.
type Secrets struct {
	UVCI string `json:"uvci" kofu:"required"` // keys the VDS-NC identifier
	RID  string `json:"rid" kofu:"required"`  // keys the SMART Health Cards revocation identifier
	// Staff is required with listen.counter. It seals the second factors of the
	// staff and what is needed to withdraw a certificate, and keys the record
	// handles of the operation log: when it is lost, all must be enrolled anew.
	Staff string `json:"staff"`
	// Limits keys the counters of app.limits, with a key of its own each day.
	// Without it there are no limits, and production needs it. All replicas have
	// the same.
	Limits string `json:"limits"`
	// Operators lets who has it open a door again that a replica has stopped
	// (kofu resume), at listen.ops of that replica. Without it nobody can, and a
	// door that was stopped is open again after a restart.
	Operators string `json:"operators"`
}

// VRS is the gateway of the vaccination record service (package vrsclient).
type VRS struct {
	BaseURL     string `json:"base_url" kofu:"required"`    // https://host[:port][/path]
	CA          string `json:"ca" kofu:"required"`          // path of the PEM roots of the gateway, and of no other
	Certificate string `json:"certificate" kofu:"required"` // path of our client certificate chain
	Key         string `json:"key" kofu:"required"`         // path of its key
	// Credentials has, for each municipality that takes part, the path of its
	// own credential. There is none that opens two partitions.
	Credentials    map[cert.MunicipalityCode]string `json:"credentials" kofu:"required"`
	Timeout        Duration                         `json:"timeout"`         // of a call with its repetitions, at most times.request; 5s
	MaxAge         Duration                         `json:"max_age"`         // of an answer; 5m
	MaxConnections int                              `json:"max_connections"` // 64
	// PerMunicipality is how many of them calls for one municipality may use, so
	// that one whose part of the gateway is slow does not hold up all: a quarter,
	// or more where fewer than four take part.
	PerMunicipality int `json:"per_municipality"`
}

// Status is what the app shows before it starts.
type Status struct {
	Open              string `json:"open" kofu:"required"`                // "06:30", in Japan
	Close             string `json:"close" kofu:"required"`               // "23:00"; "24:00" is midnight
	Maintenance       Notice `json:"maintenance"`                         // none by default
	MinimumAppVersion string `json:"minimum_app_version" kofu:"required"` // "1.0.0"; what is refused says app.releases
}

// Notice is said in both languages or not at all.
type Notice struct {
	Ja string `json:"ja"`
	En string `json:"en"`
}

// Times bound what takes time. Each has a default.
type Times struct {
	Request  Duration `json:"request"`  // for one request, the record service included; 15s
	Drain    Duration `json:"drain"`    // from "not ready" to the closing of the listener, for load balancers to see; 5s
	Shutdown Duration `json:"shutdown"` // for requests that are running then; 20s
}

// Duration is written as Go writes it: "1m30s", "500ms".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// or returns d, or what stands for it when it is not set.
func (d Duration) or(otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return time.Duration(d)
}
