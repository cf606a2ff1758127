// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sony/gobreaker/v2"

	"kofu/cert"
)

// Defaults of [Config].
const (
	DefaultTimeout     = 5 * time.Second
	DefaultListTimeout = time.Minute
	DefaultAttempts    = 3
	DefaultMaxConns    = 64
	DefaultMaxAge      = 5 * time.Minute
	DefaultFailures    = 10
	DefaultCooldown    = 5 * time.Second
)

// ReservationLife is how long an unconfirmed reservation holds.
const ReservationLife = 30 * time.Minute

const (
	clockSkew  = 10 * time.Second // how far the gateway's clock may be ahead of ours
	maxAnswer  = 256 << 10        // bytes of an answer
	firstPause = 50 * time.Millisecond
	maxPause   = 500 * time.Millisecond
)

// ErrConfig is returned by [New] for a configuration that cannot work.
var ErrConfig = errors.New("vrsclient: configuration")

// Config says where the gateway is and how to treat it. Zero numbers mean the
// defaults.
type Config struct {
	BaseURL string      // https://host[:port][/path], without query
	TLS     *tls.Config // with the roots of the gateway and our client certificate

	// Credentials has one for each municipality that this deployment serves;
	// no call leaves for any other.
	Credentials map[cert.MunicipalityCode]string

	Timeout  time.Duration // of one call, all attempts and pauses included; making a connection has 2 s of it at most
	Attempts int           // of one call, at most; every call is idempotent
	MaxConns int           // connections to the gateway, at most; a call beyond waits, if there is time for it

	// PerMunicipality is how many of the connections calls for one municipality
	// may use; all for one that is alone, half of two, a quarter of four or more,
	// and never fewer than four.
	PerMunicipality int

	// ListTimeout is Timeout for [Client.SetBlocks], which sends up to 16 MiB.
	ListTimeout time.Duration

	// MaxAge is how old an answer with persons in it may be (R1.8), by its as_of.
	MaxAge time.Duration

	Failures int           // in a row, after which no call is made for Cooldown
	Cooldown time.Duration // then one call tries again

	Now func() time.Time // time.Now when nil

	// Observe, when not nil, is told of every call when it ends: its name, its
	// cause of failure ("" for none) and how long it took. Nothing personal.
	Observe func(call, cause string, took time.Duration)
}

// Client is a client of one gateway. It is safe for concurrent use.
type Client struct {
	base        string
	credentials map[cert.MunicipalityCode]string
	timeout     time.Duration
	listTimeout time.Duration
	attempts    uint
	maxAge      time.Duration
	now         func() time.Time
	observe     func(call, cause string, took time.Duration)
	http        *http.Client
	bulkhead    *bulkhead
	breaker     *gobreaker.CircuitBreaker[struct{}]
}

// New checks c and returns a client. It makes no connection. An error is
// [ErrConfig].
func New(c Config) (*Client, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return &Client{
		base:        strings.TrimSuffix(c.BaseURL, "/"),
		credentials: maps.Clone(c.Credentials),
		timeout:     c.Timeout,
		listTimeout: c.ListTimeout,
		attempts:    uint(c.Attempts),
		maxAge:      c.MaxAge,
		now:         c.Now,
		observe:     c.Observe,
		http: &http.Client{
			Transport:     transport(c),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		bulkhead: newBulkhead(c),
		breaker:  breaker(c),
	}, nil
}

// check fills in defaults and says what is wrong, without quoting secrets.
func (c *Config) check() error {
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("the gateway's address is not https://host[:port][/path]")
	case c.TLS == nil || len(c.TLS.Certificates) == 0 && c.TLS.GetClientCertificate == nil:
		return errors.New("no client certificate")
	case c.TLS.InsecureSkipVerify:
		return errors.New("the gateway's certificate must be verified")
	case len(c.Credentials) == 0:
		return errors.New("no credential of any municipality")
	}
	for code, credential := range c.Credentials {
		if _, err := cert.ParseMunicipalityCode(string(code)); err != nil {
			return fmt.Errorf("credential for %q: %w", string(code), err)
		}
		if credential == "" || strings.ContainsFunc(credential, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("credential for %s is not printable ASCII", code)
		}
	}
	c.Timeout = defaultTo(c.Timeout, DefaultTimeout)
	c.ListTimeout = defaultTo(c.ListTimeout, DefaultListTimeout)
	c.Attempts = defaultTo(c.Attempts, DefaultAttempts)
	c.MaxConns = defaultTo(c.MaxConns, DefaultMaxConns)
	c.PerMunicipality = min(c.MaxConns, defaultTo(c.PerMunicipality, max(min(4, c.MaxConns), c.MaxConns/min(4, len(c.Credentials)))))
	c.MaxAge = defaultTo(c.MaxAge, DefaultMaxAge)
	c.Failures = defaultTo(c.Failures, DefaultFailures)
	c.Cooldown = defaultTo(c.Cooldown, DefaultCooldown)
	if min(c.Timeout, c.ListTimeout, c.MaxAge, c.Cooldown) < 0 || min(c.Attempts, c.MaxConns, c.PerMunicipality, c.Failures) < 0 {
		return errors.New("a number is negative")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(string, string, time.Duration) {}
	}
	return nil
}

func defaultTo[T int | time.Duration](v, d T) T {
	if v == 0 {
		return d
	}
	return v
}

func breaker(c Config) *gobreaker.CircuitBreaker[struct{}] {
	return gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         "vrs",
		Timeout:      c.Cooldown,
		ReadyToTrip:  func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= uint32(c.Failures) },
		IsSuccessful: func(err error) bool { return err == nil || !sick(Cause(err)) },
		IsExcluded:   func(err error) bool { return Cause(err) == CauseCancelled || Cause(err) == CauseBusy },
	})
}

// Open reports whether the circuit breaker holds calls back, for readiness.
func (c *Client) Open() bool { return c.breaker.State() == gobreaker.StateOpen }
