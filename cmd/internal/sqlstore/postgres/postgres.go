// SPDX-License-Identifier: Apache-2.0

// Package postgres connects to PostgreSQL for package sqlstore. It stands by
// itself so that what needs no PostgreSQL is built without it.
package postgres

import (
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"kofu/cert"
)

// ErrDSN is a connection string that is not accepted. It is never told, for it
// holds a password.
var ErrDSN = errors.New("postgres: connection string not accepted")

// connectTimeout bounds one connection where the string says nothing.
const connectTimeout = 5 * time.Second

// New reads a connection string, postgres://user:password@host[:port]/database
// or postgres://user:password@/database?host=/folder/of/socket, which must name
// all of them and may go on with what [parameters] lists. Production wants TLS
// with the server's name verified (sslmode=verify-full), or a Unix socket. What
// libpq would take from the environment is refused: it would change the
// meaning of the string unseen.
func New(dsn string, env cert.Environment) (driver.Connector, error) {
	if set := environment(os.Environ()); set != "" {
		return nil, fmt.Errorf("%w: environment variable %s is set: say it in the string instead", ErrDSN, set)
	}
	if err := check(dsn); err != nil {
		return nil, err
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: a parameter is not understood, or a file it names cannot be read", ErrDSN)
	}
	if env == cert.Production {
		if err := verified(c); err != nil {
			return nil, err
		}
	}
	if c.ConnectTimeout == 0 || c.ConnectTimeout > time.Minute {
		c.ConnectTimeout = connectTimeout
	}
	// What is noted must be on disk, whatever the server's default is, and on
	// the standby where one is named (synchronous_standby_names).
	c.RuntimeParams["synchronous_commit"] = "on"
	c.RuntimeParams["application_name"] = "kofu"
	return stdlib.GetConnector(*c), nil
}

// parameters is what may stand after the question mark.
func parameters() []string {
	return []string{"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "target_session_attrs", "channel_binding"}
}

// check wants everything said that the library would else take from somewhere.
func check(dsn string) error {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" || u.Fragment != "" {
		return fmt.Errorf("%w: not of the form postgres://user:password@host/database", ErrDSN)
	}
	q := u.Query()
	if _, has := u.User.Password(); u.User.Username() == "" || !has || u.Host+q.Get("host") == "" || len(u.Path) < 2 {
		return fmt.Errorf("%w: user, password, host and database must be in it", ErrDSN)
	}
	for name := range q {
		if !slices.Contains(parameters(), name) {
			return fmt.Errorf("%w: a parameter that is not taken: they are %s", ErrDSN, strings.Join(parameters(), ", "))
		}
	}
	for _, name := range []string{"sslrootcert", "sslcert", "sslkey"} {
		if p := q.Get(name); p != "" && !filepath.IsAbs(p) {
			return fmt.Errorf("%w: %s must be an absolute path", ErrDSN, name)
		}
	}
	return nil
}

// environment returns a variable that the library would read.
func environment(set []string) string {
	known := []string{
		"PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGAPPNAME", "PGCONNECT_TIMEOUT", "PGSSLMODE",
		"PGSSLKEY", "PGSSLCERT", "PGSSLCERTMODE", "PGSSLSNI", "PGSSLROOTCERT", "PGSSLPASSWORD", "PGSSLNEGOTIATION",
		"PGTARGETSESSIONATTRS", "PGSERVICE", "PGSERVICEFILE", "PGTZ", "PGOPTIONS", "PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION",
		"PGCHANNELBINDING", "PGREQUIREAUTH",
	}
	for _, v := range set {
		if name, value, _ := strings.Cut(v, "="); value != "" && slices.Contains(known, name) {
			return name
		}
	}
	return ""
}

// verified refuses what could be read, or answered, by somebody else on the way.
func verified(c *pgx.ConnConfig) error {
	safe := func(host string, t *tls.Config) bool {
		return strings.HasPrefix(host, "/") || t != nil && !t.InsecureSkipVerify && t.ServerName != ""
	}
	ok := safe(c.Host, c.TLSConfig)
	for _, f := range c.Fallbacks {
		ok = ok && safe(f.Host, f.TLSConfig)
	}
	if !ok {
		return fmt.Errorf("%w: production wants sslmode=verify-full, or a Unix socket", ErrDSN)
	}
	return nil
}
