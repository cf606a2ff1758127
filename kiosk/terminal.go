// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// relayHeader names, in a request of a centre, the terminal it speaks for.
const relayHeader = "Kofu-Terminal"

// identify finds out which terminal a request is of (B6, C5): by the key of
// the client certificate that TLS has verified, asked of the registry anew for
// every request, so that a revocation holds at once. A centre names the
// terminal, which must name the centre.
func (k *centre) identify(c *gin.Context) (Terminal, error) {
	if !k.near(c.Request.RemoteAddr) || c.Request.TLS == nil || len(c.Request.TLS.VerifiedChains) == 0 {
		return Terminal{}, errTerminal
	}
	ctx := c.Request.Context()
	key := sha256.Sum256(c.Request.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo)
	peer, err := k.Terminals.ByKey(ctx, key)
	if err != nil {
		return Terminal{}, registryError(err)
	}
	if !peer.Active || peer.Key != key {
		return Terminal{}, errTerminal
	}
	named := c.GetHeader(relayHeader)
	terminal := peer
	if peer.Role == RoleCentre {
		if terminal, err = k.Terminals.ByID(ctx, named); err != nil {
			return Terminal{}, registryError(err)
		}
	}
	ok := terminal.Active && terminal.Role == RoleTerminal
	switch {
	case peer.Role == RoleCentre:
		ok = ok && named != "" && terminal.ID == named && terminal.Relay == peer.ID
	default:
		ok = ok && terminal.Relay == "" && (named == "" || named == terminal.ID)
	}
	if !ok {
		return Terminal{}, errTerminal
	}
	n, err := k.Gate.Count(ctx, "terminal:"+terminal.ID, time.Minute)
	if err != nil {
		return Terminal{}, storeError(err)
	}
	if n > k.PerMinute {
		return Terminal{}, errTooMany
	}
	return terminal, nil
}

// registryError keeps apart a terminal that is not there and a registry that
// does not answer.
func registryError(err error) error {
	if errors.Is(err, ErrNoTerminal) {
		return errTerminal
	}
	return fmt.Errorf("kiosk: ask for a terminal: %w: %w", errStore, err)
}

// near reports whether addr is in one of the networks.
func (k *centre) near(addr string) bool {
	if len(k.Networks) == 0 {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(k.Networks, func(n netip.Prefix) bool { return n.Contains(ip.Unmap()) })
}
