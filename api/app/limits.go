// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/cardauth/attest"
	"kofu/cert"
)

// What too many calls are refused for. The time to wait is in the answer's
// Retry-After.
var (
	ErrTooManyNetwork = errors.New("app: too many challenges for one network")
	ErrTooManyCard    = errors.New("app: too many applications with one card")
	ErrTooManyDevice  = errors.New("app: too many applications from one device")
)

// ErrLimits is wrapped by what [Handler.Check] says of [Limits] that cannot
// work.
var ErrLimits = errors.New("app: limits")

// How long is counted.
const (
	NetworkWindow     = 10 * time.Minute
	ApplicationWindow = time.Hour
)

const minLimitSecret = 32 // bytes

// Tally counts for all replicas together.
type Tally interface {
	// Count adds one to what was counted under name in the present window,
	// which begins at a multiple of its length in Unix time, and returns the
	// sum. An error means that nothing is known.
	Count(ctx context.Context, name string, window time.Duration) (int, error)
}

// Limits bound what one network, card or device can have the service do. A nil
// *Limits has none.
//
// Networks are counted when they ask for a challenge, without which nothing
// else begins: by /24 (IPv4) and /56 (IPv6), as seen by this service. That
// takes trusted proxies that are configured right: else everybody comes from
// the proxy's network. Cards and devices are counted when they apply, and not
// before the card's signature (and the device's, where it is required) has held:
// nobody can use up what is another's.
//
// Names are counted under a keyed hash. Its key is derived anew for each day in
// Japan, so that what is counted today cannot be linked with tomorrow's; a day
// begins where a window does.
//
// When the tally does not answer, calls are let pass, and Down is told. The
// challenges are kept in the same store: when it is gone as a whole, nothing is
// issued anyway, and what is left is a tally that fails alone. Refusing then
// would close a public service to all in order to bound a few who can do no
// more than ask for what is theirs: no limit stands between anybody and a
// certificate of somebody else's.
type Limits struct {
	Tally  Tally
	Secret []byte // at least 32 bytes, the same for all replicas

	Network        int            // challenges in ten minutes of one /24 or /56; 0: no limit
	Carriers       []netip.Prefix // networks of many people behind one address
	CarrierNetwork int            // likewise, of one /24 or /56 within Carriers; 0: no limit
	Card           int            // applications in an hour with one card; 0: no limit
	Device         int            // applications in an hour from one device's key; 0: no limit

	// Down is told when the tally did not answer. Nil tells nobody.
	Down func(ctx context.Context, err error)
}

func (l *Limits) check() error {
	switch {
	case l == nil:
		return nil
	case l.Tally == nil:
		return fmt.Errorf("%w: no tally", ErrLimits)
	case len(l.Secret) < minLimitSecret:
		return fmt.Errorf("%w: the secret is shorter than 32 bytes", ErrLimits)
	case l.Network < 0 || l.CarrierNetwork < 0 || l.Card < 0 || l.Device < 0:
		return fmt.Errorf("%w: a number is below 0", ErrLimits)
	case slices.ContainsFunc(l.Carriers, func(p netip.Prefix) bool { return !p.IsValid() }):
		return fmt.Errorf("%w: a carrier's network is none", ErrLimits)
	}
	return nil
}

// limitChallenge counts a challenge for the caller's network.
func (h *Handler) limitChallenge(c *gin.Context) error {
	l := h.Limits
	if l == nil {
		return nil
	}
	// Without an address there is one network of all who have none.
	address, _ := netip.ParseAddr(c.ClientIP())
	address = address.Unmap().WithZone("")
	most := l.Network
	if slices.ContainsFunc(l.Carriers, func(p netip.Prefix) bool { return p.Contains(address) }) {
		most = l.CarrierNetwork
	}
	return h.limit(c, counted{"network", network(address), most, NetworkWindow, ErrTooManyNetwork})
}

// limitApplication counts an application for its card and its device.
func (h *Handler) limitApplication(c *gin.Context, card [32]byte, device *attest.Device) error {
	if h.Limits == nil {
		return nil
	}
	if err := h.limit(c, counted{"card", string(card[:]), h.Limits.Card, ApplicationWindow, ErrTooManyCard}); err != nil || device == nil {
		return err
	}
	return h.limit(c, counted{"device", device.Thumbprint(), h.Limits.Device, ApplicationWindow, ErrTooManyDevice})
}

// network is the /24 or /56 that an address is in.
func network(a netip.Addr) string {
	bits := 56
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "none"
	}
	return p.String()
}

// counted is one thing that is counted.
type counted struct {
	kind, value string
	most        int
	window      time.Duration
	err         error
}

func (h *Handler) limit(c *gin.Context, n counted) error {
	l, now := h.Limits, h.Now()
	if n.most == 0 {
		return nil
	}
	name, err := l.name(n.kind, n.value, now)
	sum := 0
	if err == nil {
		sum, err = l.Tally.Count(c.Request.Context(), name, n.window)
	}
	switch {
	case err != nil:
		if l.Down != nil {
			l.Down(c.Request.Context(), err)
		}
		return nil
	case sum <= n.most:
		return nil
	}
	left := n.window - time.Duration(now.UnixNano())%n.window
	c.Header("Retry-After", strconv.Itoa(int((left+time.Second-1)/time.Second)))
	return n.err
}

// name hides a value: HMAC-SHA256 under the day's key (HKDF, RFC 5869).
func (l *Limits) name(kind, value string, now time.Time) (string, error) {
	key, err := hkdf.Key(sha256.New, l.Secret, nil, "kofu-app-limits-v1 "+cert.DateOf(now).String(), sha256.Size)
	if err != nil {
		return "", errors.New("app: derive the day's key")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind + "\x00" + value))
	return "app-" + kind + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18]), nil
}
