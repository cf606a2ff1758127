// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

func TestPageHandle(t *testing.T) {
	o := newOffice(t)
	v, other := staff.Session{ID: strings.Repeat("a", 64)}, staff.Session{ID: strings.Repeat("b", 64)}
	h := o.SealHandle(v, "person", "ref-1")
	if strings.Contains(h, "ref-1") || h == o.SealHandle(v, "person", "ref-1") {
		t.Error("the handle says what it stands for")
	}
	if text, err := o.OpenHandle(v, "person", h); err != nil || text != "ref-1" {
		t.Errorf("%q %v", text, err)
	}
	altered := "A" + h[1:]
	if altered == h {
		altered = "B" + h[1:]
	}
	for name, try := range map[string]func() (string, error){
		"another session":  func() (string, error) { return o.OpenHandle(other, "person", h) },
		"no session":       func() (string, error) { return o.OpenHandle(staff.Session{}, "person", h) },
		"another purpose":  func() (string, error) { return o.OpenHandle(v, "issue", h) },
		"altered":          func() (string, error) { return o.OpenHandle(v, "person", altered) },
		"cut":              func() (string, error) { return o.OpenHandle(v, "person", h[:len(h)-4]) },
		"empty":            func() (string, error) { return o.OpenHandle(v, "person", "") },
		"not base64":       func() (string, error) { return o.OpenHandle(v, "person", h+"=") },
		"endless":          func() (string, error) { return o.OpenHandle(v, "person", strings.Repeat("A", 1<<20)) },
		"a certificate ID": func() (string, error) { return o.OpenHandle(v, "person", string(o.SealID(anID))) },
	} {
		_, err := try()
		want(t, name, err, staff.ErrHandle)
	}
	o.pass(15*time.Minute - time.Second)
	if _, err := o.OpenHandle(v, "person", h); err != nil {
		t.Errorf("after nearly 15 minutes: %v", err)
	}
	o.pass(time.Second)
	_, err := o.OpenHandle(v, "person", h)
	want(t, "after 15 minutes", err, staff.ErrHandle)
	if o.SealHandle(staff.Session{}, "person", "x") != "" || o.SealHandle(v, "person", strings.Repeat("x", 4096)) != "" {
		t.Error("a handle that cannot be opened")
	}
}

const anID = cert.ID("JPN19201520260415000001")

func TestCertificateID(t *testing.T) {
	o := newOffice(t)
	sealed := o.SealID(anID)
	if bytes.Contains(sealed, []byte("JPN")) {
		t.Error("the certificate ID is not sealed")
	}
	if id, err := o.OpenID(kofuCity, sealed); err != nil || id != anID {
		t.Errorf("%v %v", id, err)
	}
	_, err := o.OpenID(fuefuki, sealed)
	want(t, "another municipality", err, staff.ErrHandle)
	_, err = o.OpenID(kofuCity, sealed[1:])
	want(t, "cut", err, staff.ErrHandle)
	_, err = o.OpenID(kofuCity, nil)
	want(t, "nothing", err, staff.ErrHandle)
	// A handle is a municipality's own: the key, and not only the ID, differs.
	h := o.Handle(anID)
	if len(h) != 32 || h != o.Handle(anID) || h == o.Handle("JPN19201520260415000002") || h == o.Handle("JPN19211220260415000001") || strings.Contains(string(h), "192015") {
		t.Errorf("the handle is %s", h)
	}
}

func TestKeysDiffer(t *testing.T) {
	o, p := newOffice(t), newOffice(t)
	c := p.Config
	c.Secret = bytes.Repeat([]byte{8}, 32)
	other, err := staff.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if o.Handle(anID) != p.Handle(anID) || o.Device("s") != p.Device("s") {
		t.Error("two replicas differ")
	}
	if o.Handle(anID) == other.Handle(anID) || o.Device("s") == other.Device("s") {
		t.Error("the secret says nothing")
	}
	if d := o.Device("s"); len(d) != 43 || d == o.Device("t") {
		t.Errorf("the device is %q", d)
	}
	if _, err := other.OpenID(kofuCity, o.SealID(anID)); err == nil {
		t.Error("another secret opens")
	}
}
