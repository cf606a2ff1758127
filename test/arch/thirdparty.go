// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// wrappedBy returns, for each module of somebody else's, the packages that
// may import it: each is wrapped once. Tests, and what lies in test/, may use
// any; a module that is not here may be used by them alone.
func wrappedBy() map[string][]string {
	return map[string][]string{
		"github.com/gin-gonic/gin":           {"api", "api/", "kiosk"},
		"github.com/go-jose/go-jose/v4":      {"cert/shc", "cert/issuance", "cardauth/attest", "cardauth/attest/"},
		"github.com/redis/go-redis/v9":       {"cmd/internal/redisstore"},
		"github.com/jackc/pgx/v5":            {"cmd/internal/sqlstore/postgres"},
		"github.com/pressly/goose/v3":        {"cmd/internal/sqlstore"},
		"modernc.org/sqlite":                 {"cmd/internal/sqlstore"},
		"github.com/jung-kurt/gofpdf":        {"cert/pdf"},
		"github.com/skip2/go-qrcode":         {"cert/qr", "cmd/kofu-demo"},
		"github.com/makiuchi-d/gozxing":      {"cert/qr"},
		"github.com/gowebpki/jcs":            {"cert/vdsnc"},
		"github.com/prometheus":              {"cmd/kofu"},
		"github.com/sony/gobreaker/v2":       {"vrsclient"},
		"github.com/cenkalti/backoff/v5":     {"vrsclient"},
		"github.com/alicebob/miniredis/v2":   {"cmd/kofu-demo"},
		"golang.org/x/crypto":                {"api/counter/staff"},
		"golang.org/x/mod":                   {"cmd/internal/checkpoint"},
		"golang.org/x/sys":                   {"cmd/kofu"},
		"github.com/fxamacker/cbor/v2":       {"cardauth/attest/appattest"},
		"github.com/pquerna/otp":             {"api/counter/staff"},
		"github.com/go-webauthn/webauthn":    {"api/counter/passkey"},
		"golang.org/x/text":                  {"cert/", "cardauth/", "vrsclient", "api/counter", "api/counter/", "cmd/"},
		"github.com/go-json-experiment/json": {"api", "api/", "cert/", "cardauth", "cardauth/", "vrsclient", "kiosk", "cmd/"},
	}
}

// checkThirdParties confines modules of others to the packages that wrap
// them. The root of the domain, cert, is in no row: standard library only.
func checkThirdParties(t *Tree) (bad []string) {
	wrap := wrappedBy()
	mods := slices.Sorted(maps.Keys(wrap))
	for _, f := range t.Files {
		if f.Test || matches("test/", f.Dir) {
			continue
		}
		for imp := range f.imports() {
			host, _, _ := strings.Cut(imp, "/")
			if imp == t.Module || strings.HasPrefix(imp, t.Module+"/") || !strings.Contains(host, ".") {
				continue // ours, or the standard library
			}
			i := slices.IndexFunc(mods, func(m string) bool { return imp == m || strings.HasPrefix(imp, m+"/") })
			switch {
			case i < 0:
				bad = append(bad, fmt.Sprintf("%s: %s is for tests only", f.Path, imp))
			case !matchesAny(wrap[mods[i]], f.Dir):
				bad = append(bad, fmt.Sprintf("%s: %s is wrapped by %s", f.Path, imp, strings.Join(wrap[mods[i]], ", ")))
			}
		}
	}
	return bad
}
