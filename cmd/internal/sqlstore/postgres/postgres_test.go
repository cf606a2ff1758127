// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"strings"
	"testing"

	"kofu/cert"
)

func TestNew(t *testing.T) {
	for name, c := range map[string]struct {
		dsn        string
		test, live bool
	}{
		"with its name verified":     {"postgres://kofu:hush@db.example.jp/kofu?sslmode=verify-full", true, true},
		"by a socket":                {"postgres://kofu:hush@/kofu?host=/run/postgresql", true, true},
		"two hosts":                  {"postgres://kofu:hush@/kofu?host=a.example.jp,b.example.jp&sslmode=verify-full&target_session_attrs=read-write", true, true},
		"the chain alone":            {"postgres://kofu:hush@db.example.jp/kofu?sslmode=verify-ca", true, false},
		"encrypted":                  {"postgres://kofu:hush@db.example.jp/kofu?sslmode=require", true, false},
		"perhaps encrypted":          {"postgres://kofu:hush@db.example.jp/kofu?sslmode=prefer", true, false},
		"nothing said":               {"postgres://kofu:hush@db.example.jp/kofu", true, false},
		"open":                       {"postgres://kofu:hush@db.example.jp/kofu?sslmode=disable", true, false},
		"empty":                      {"", false, false},
		"in words":                   {"host=db.example.jp user=kofu password=hush dbname=kofu", false, false},
		"no password":                {"postgres://kofu@db.example.jp/kofu?sslmode=verify-full", false, false},
		"no user":                    {"postgres://:hush@db.example.jp/kofu?sslmode=verify-full", false, false},
		"no host":                    {"postgres://kofu:hush@/kofu?sslmode=verify-full", false, false},
		"no database":                {"postgres://kofu:hush@db.example.jp/?sslmode=verify-full", false, false},
		"a service":                  {"postgres://kofu:hush@db.example.jp/kofu?sslmode=verify-full&service=x", false, false},
		"no such mode":               {"postgres://kofu:hush@db.example.jp/kofu?sslmode=hush", false, false},
		"roots that are not there":   {"postgres://kofu:hush@db.example.jp/kofu?sslmode=verify-full&sslrootcert=/nowhere/hush.pem", false, false},
		"roots from where it stands": {"postgres://kofu:hush@db.example.jp/kofu?sslmode=verify-full&sslrootcert=hush.pem", false, false},
		"broken":                     {"postgres://kofu:hu%zzsh@db.example.jp/kofu", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for env, want := range map[cert.Environment]bool{cert.Test: c.test, cert.Production: c.live} {
				got, err := New(c.dsn, env)
				if (err == nil) != want || (got == nil) == want || err != nil && !errors.Is(err, ErrDSN) {
					t.Errorf("%s: %v", env, err)
				}
				if err != nil && strings.Contains(err.Error(), "hush") {
					t.Errorf("%s: tells of the string: %v", env, err)
				}
			}
		})
	}
}

// TestEnvironmentIsRefused: it would change what the string says.
func TestEnvironmentIsRefused(t *testing.T) {
	dsn := "postgres://kofu:hush@/kofu?host=/run/postgresql"
	t.Setenv("PGDATA", "/var/lib/postgresql")
	if _, err := New(dsn, cert.Test); err != nil {
		t.Errorf("one that is not read: %v", err)
	}
	t.Setenv("PGOPTIONS", "-c synchronous_commit=off")
	if _, err := New(dsn, cert.Test); !errors.Is(err, ErrDSN) || !strings.Contains(err.Error(), "PGOPTIONS") {
		t.Errorf("got %v", err)
	}
}
