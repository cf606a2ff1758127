// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"kofu/cmd/internal/sqlstore"
	"kofu/kiosk"
)

func terminalList(o *order) func(context.Context, office) error {
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		list, err := f.sql.Terminals(ctx)
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(f.stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(out, "ID\tROLE\tSTATE\tOPERATOR\tSTORE\tRELAY\tKEY\tSOFTWARE\tCONFIG\tSEEN")
		for _, t := range list {
			key := "-"
			if t.Relay == "" {
				key = fmt.Sprintf("%x", t.Key[:8])
			}
			software := "-"
			if t.Software.Name != "" {
				software = t.Software.Name + "/" + t.Software.Version
			}
			_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Role, t.State, t.Operator, t.Store, cmp.Or(t.Relay, "-"), key,
				software, cmp.Or(t.Software.Config, "-"), clockTime(t.SeenAt))
		}
		return out.Flush()
	}
}

func terminalAdd(o *order) func(context.Context, office) error {
	store := o.flags.String("store", "", "`CODE` of where it stands, the operator's own")
	operator := o.flags.String("operator", "", "`CODE` of who runs it")
	certificate := o.flags.String("certificate", "", "`FILE`.pem: the client certificate it comes with")
	relay := o.flags.String("relay", "", "`ID` of the centre that speaks for it, in the place of a certificate")
	role := o.flags.String("role", string(kiosk.RoleTerminal), "terminal, or centre: a relay")
	return func(ctx context.Context, f office) error {
		id, err := o.only("the ID of the terminal")
		if err != nil {
			return err
		}
		if (*certificate == "") == (*relay == "") {
			return fmt.Errorf("%w: -certificate or -relay is wanted, one of the two", errUsage)
		}
		t := kiosk.Terminal{ID: id, Role: kiosk.Role(*role), Store: *store, Operator: *operator, Relay: *relay, Active: true}
		if *certificate != "" {
			if t.Key, err = clientKey(*certificate, "listen.kiosk.client_ca", f.kiosk, time.Now()); err != nil {
				return fmt.Errorf("%s: %w", *certificate, err)
			}
		}
		if err := f.sql.AddTerminal(ctx, f.by, t); err != nil {
			return err
		}
		f.done("%s is admitted as a %s", id, t.Role)
		return nil
	}
}

// clientKey reads a client certificate that a listener would let in, if it is
// set, by what its configuration calls ca. It returns by what the registry
// knows it: it is pinned by its key, so that a renewed certificate of the same
// key is the same terminal.
func clientKey(path, ca string, listener *tls.Config, now time.Time) (key [32]byte, err error) {
	data, err := os.ReadFile(path) // #nosec G304 -- the operator names it
	if err != nil {
		return key, errors.New(cause(err))
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return key, errors.New("something that is no certificate is in it: a private key stays with the terminal")
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return key, errors.New("a certificate in it cannot be read")
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return key, errors.New("no certificate in it")
	}
	leaf := chain[0]
	if leaf.IsCA || now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return key, errors.New("the first certificate in it is an authority's, or not valid now")
	}
	if listener != nil && listener.ClientCAs != nil {
		between := x509.NewCertPool()
		for _, c := range chain[1:] {
			between.AddCert(c)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: listener.ClientCAs, Intermediates: between, CurrentTime: now,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
			return key, errors.New(ca + " does not vouch for it as a client")
		}
	}
	return sha256.Sum256(leaf.RawSubjectPublicKeyInfo), nil
}

func terminalSet(to sqlstore.State) staffCommand {
	return func(o *order) func(context.Context, office) error {
		return func(ctx context.Context, f office) error {
			id, err := o.only("the ID of the terminal")
			if err != nil {
				return err
			}
			if err := f.sql.SetTerminal(ctx, f.by, id, to); err != nil {
				return err
			}
			f.done("%s is %s", id, to)
			return nil
		}
	}
}
