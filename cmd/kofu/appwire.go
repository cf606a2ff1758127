// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"log/slog"
	"maps"

	"kofu/api/app"
	"kofu/api/problem"
	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
)

// appDoor is the door for phones.
func appDoor(p *parts, issuing *issuance.Service, m *metrics, log *slog.Logger) *app.Handler {
	c, counted := p.config, m.phones(p.config.App.policy())
	tellAttestation(p, log)
	if chips := p.phones.chips; chips != nil {
		log.LogAttrs(context.Background(), slog.LevelInfo, "passport authorities", slog.Int("trusted", chips.CSCAs.Len()), slog.Int("skipped", chips.CSCAs.Skipped()))
	}
	return &app.Handler{
		Cards: &cardauth.Verifier{
			Anchors: p.anchors, Policy: p.policy, Challenges: p.redis.Challenges(), Cache: cardauth.NewCertificateCache(certificatesKept),
			Now: now, Bindings: bindings(c.App),
		},
		Issuing:        issuing,
		Municipalities: municipality.NewDirectory(p.towns, p.sql),
		Status: app.Status{
			Open: c.Status.Open, Close: c.Status.Close, MinimumAppVersion: c.Status.MinimumAppVersion,
			Maintenance: problem.Text{Ja: c.Status.Maintenance.Ja, En: c.Status.Maintenance.En},
		},
		DeepLinkBase: c.DeepLinkBase,
		Now:          now,
		Devices:      devices(p, counted),
		Limits:       limits(p, counted),
		Passports:    passport.Acceptance{Chips: p.phones.chips, ChipRequired: c.App.Passport.ChipRequired, Now: now},
		Releases:     releases(c.App.Releases),
		Deprecation:  c.App.Deprecation.app(),
		Keys:         p.ring,
	}
}

// tellAttestation logs what an operator needs in a hurry: the key id by which
// what was issued until now can be withdrawn, and that apps are let in that
// have proved nothing.
func tellAttestation(p *parts, log *slog.Logger) {
	ctx := context.Background()
	if c := p.phones.credentials; c != nil {
		log.LogAttrs(ctx, slog.LevelInfo, "device credentials", slog.String("kid", c.KID()))
	}
	if policy := p.config.App.policy(); policy != attest.Required {
		log.LogAttrs(ctx, slog.LevelWarn, "apps need not prove themselves", slog.String("attestation", string(policy)))
	}
}

// bindings are those of all channels: the app's is the configuration's choice.
func bindings(a App) map[cert.Channel]cardauth.Binding {
	all := cardauth.DefaultBindings()
	all[cert.App] = a.binding()
	return all
}

// devices is how apps prove themselves; nil where they are not asked to.
func devices(p *parts, m *phoneMetrics) *app.Devices {
	if p.config.App.policy() == attest.Off {
		return nil
	}
	return &app.Devices{
		Policy: p.config.App.policy(), Credentials: p.phones.credentials, Apple: p.phones.apple, Google: p.phones.google,
		Refused: func(_ context.Context, c attest.Code) { m.refusals.WithLabelValues(string(c)).Inc() },
	}
}

// limits bounds what one can ask for; nil without the secret to count under.
func limits(p *parts, m *phoneMetrics) *app.Limits {
	if p.phones.limits == nil {
		return nil
	}
	l := p.config.App.Limits
	return &app.Limits{
		Tally: p.redis.Gate(), Secret: p.phones.limits,
		Network: cmp.Or(l.PerPrefix, perPrefix), Carriers: l.Carriers, CarrierNetwork: cmp.Or(l.PerCarrierPrefix, perCarrierPrefix),
		Card: cmp.Or(l.PerCard, perCard), Device: cmp.Or(l.PerDevice, perDevice),
		Down: func(context.Context, error) { m.uncounted.Inc() },
	}
}

// releases has the platforms that have one; nil for none: no app is then asked
// what it is.
func releases(r Releases) map[attest.Platform]app.Release {
	all := map[attest.Platform]app.Release{attest.IOS: app.Release(r.IOS), attest.Android: app.Release(r.Android)}
	maps.DeleteFunc(all, func(_ attest.Platform, one app.Release) bool { return one == app.Release{} })
	if len(all) == 0 {
		return nil
	}
	return all
}
