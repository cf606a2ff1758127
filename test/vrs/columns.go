// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"fmt"
	"slices"
	"strings"

	"kofu/cert"
)

// columns is a row of a CSV file by column. The first thing that is wrong in
// it stays in err; it names the column and never quotes it.
type columns struct {
	by  map[string]string
	err error
}

func (c *columns) put(name, value string) {
	if c.by == nil {
		c.by = make(map[string]string)
	}
	c.by[name] = value
}

func (c *columns) wrong(name string) {
	if c.err == nil {
		c.err = fmt.Errorf("column %s", name)
	}
}

func (c *columns) optional(name string) string { return c.by[name] }

func (c *columns) text(name string) string {
	if c.by[name] == "" {
		c.wrong(name)
	}
	return c.by[name]
}

func (c *columns) oneOf(name string, values ...string) string {
	if !slices.Contains(values, c.by[name]) {
		c.wrong(name)
	}
	return c.by[name]
}

// outcome reads the code that door ch answers with: a closed vocabulary.
func (c *columns) outcome(ch cert.Channel, k cert.Kind) string {
	return c.oneOf(string(ch)+"_"+string(k), outcomeCodes(ch, k)...)
}

func (c *columns) flag(name string) bool { return c.oneOf(name, "", "yes") == "yes" }

func (c *columns) digits(name string, n int) string {
	v := c.by[name]
	if len(v) != n || strings.Trim(v, "0123456789") != "" {
		c.wrong(name)
	}
	return v
}

// number reads a made-up My Number and checks its check digit.
func (c *columns) number(name string) string {
	n, err := cert.ParseMyNumber([]byte(c.by[name]))
	if err != nil {
		c.wrong(name)
	}
	n.Wipe()
	return c.by[name]
}

// date reads YYYY-MM-DD, YYYY-MM, YYYY, or nothing.
func (c *columns) date(name string) cert.Date {
	if c.by[name] == "" {
		return cert.Date{}
	}
	d, err := cert.ParseDate(c.by[name])
	if err != nil || d.String() != c.by[name] {
		c.wrong(name)
	}
	return d
}

func (c *columns) sex(name string) cert.Sex {
	v := c.oneOf(name, "0", "1", "2", "3", "9")
	if v == "" {
		return 0
	}
	return cert.Sex(v[0] - '0')
}

func (c *columns) municipality(name string) cert.MunicipalityCode {
	m, err := cert.ParseMunicipalityCode(c.by[name])
	if err != nil {
		c.wrong(name)
	}
	return m
}

// passport reads the passport columns that residents and overseas history
// have in common. The nationality is taken for the issuing State too.
func (c *columns) passport() *cert.Passport {
	p := &cert.Passport{
		Number: cert.Private(c.text("passport")), Primary: cert.Private(c.text("primary")), Secondary: cert.Private(c.optional("secondary")),
		Nationality: c.text("nationality"), Issuer: c.text("nationality"),
		BirthDate: c.date("passport_birth"), Expiry: c.date("expiry"),
	}
	if sex := c.oneOf("passport_sex", "M", "F", "X"); sex != "" {
		p.Sex = sex[0]
	}
	if p.BirthDate.IsZero() || !p.Expiry.Full() {
		c.wrong("passport_birth, expiry")
	}
	return p
}
