// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	virtual "github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"
	"golang.org/x/crypto/argon2"

	"kofu/api/counter/passkey"
	"kofu/api/counter/staff"
	"kofu/cert"
)

const (
	kofuCity = cert.MunicipalityCode("192015")
	fuefuki  = cert.MunicipalityCode("192112")
	phrase   = "winding river lantern 42"
)

var (
	weekday = time.Date(2026, 4, 15, 10, 0, 0, 0, cert.JST()) // a Wednesday
	lastDay = cert.Date{Year: 2027, Month: 3, Day: 31}
	party   = virtual.RelyingParty{ID: "counter.kofu.test", Name: "kofu", Origin: "https://counter.kofu.test"}
)

// office is a municipality's counter with its service.
type office struct {
	*staff.Service
	t      *testing.T
	m      *memory
	mu     sync.Mutex
	clock  time.Time
	policy staff.Policy
	people map[string]*person // by login
}

// person is who holds what an account signs in with.
type person struct {
	id, login, password, secret, member string
	auth                                virtual.Authenticator
	key                                 *virtual.Credential
}

func newOffice(t *testing.T) *office {
	o := &office{t: t, clock: weekday, policy: staff.DefaultPolicy(), people: map[string]*person{}}
	o.m = newMemory(o.now)
	keys, err := passkey.New(party.ID, []string{party.Origin}, party.Name)
	if err != nil {
		t.Fatal(err)
	}
	o.Service, err = staff.New(staff.Config{Accounts: o.m, Book: o.m, SignIns: o.m, Terminals: o.m, Sessions: o.m, Tally: o.m, Log: o.m, Alerts: o.m,
		Passkeys: keys, Policy: func(cert.MunicipalityCode) staff.Policy { return o.policy }, Secret: bytes.Repeat([]byte{7}, 32), Now: o.now})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 14 {
		o.place(fmt.Sprintf("pc-%d", i+1), kofuCity)
	}
	o.place("fuefuki-1", fuefuki)
	return o
}

func (o *office) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.clock
}

func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clock = o.clock.Add(d)
}

func (o *office) place(id string, m cert.MunicipalityCode) {
	o.m.terminals[id] = staff.Terminal{ID: id, Municipality: m, Place: "1F", Key: sha256.Sum256([]byte(id)), Active: true}
}

// at is a terminal as a request finds it.
func (o *office) at(id string) staff.Terminal {
	o.t.Helper()
	t, err := o.Terminal(o.t.Context(), sha256.Sum256([]byte(id)))
	if err != nil {
		o.t.Fatalf("terminal %s: %v", id, err)
	}
	return t
}

func draft(login, number string, fs ...staff.Function) staff.Draft {
	return staff.Draft{Login: login, Name: "山梨 " + login, StaffNumber: number, Functions: fs, ValidUntil: lastDay, Terminals: []string{"pc-1", "pc-2"}}
}

func sharedDraft(login string) staff.Draft {
	d := draft(login, "", staff.Clerk)
	d.Shared = &staff.Shared{Purpose: "休日窓口", Until: cert.Date{Year: 2026, Month: 6, Day: 30}, Roster: []staff.Member{
		{StaffNumber: "8001", Name: "小林", From: cert.DateOf(weekday), Until: cert.Date{Year: 2026, Month: 6, Day: 30}},
		{StaffNumber: "8002", Name: "中村", From: cert.DateOf(weekday), Until: cert.DateOf(weekday)},
		{StaffNumber: "8003", Name: "加藤", From: cert.Date{Year: 2026, Month: 5, Day: 1}, Until: cert.Date{Year: 2026, Month: 6, Day: 30}},
	}}
	return d
}

// admin makes the first administrator of kofuCity, and signs them in.
func (o *office) admin() (staff.Session, string) {
	o.t.Helper()
	if o.people["kanri"] == nil {
		i, err := o.AddAdministrator(o.t.Context(), "system", kofuCity, draft("kanri", "1000", staff.Administrator), false)
		if err != nil {
			o.t.Fatal(err)
		}
		o.enrol(i)
	}
	return o.signIn("kanri", "pc-1")
}

// hire adds an account and enrols it.
func (o *office) hire(d staff.Draft) *person {
	o.t.Helper()
	by, _ := o.admin()
	sent, wrong, err := o.Add(o.t.Context(), by, []staff.Draft{d})
	if err != nil || len(wrong) > 0 {
		o.t.Fatalf("hire %s: %v %v", d.Login, wrong, err)
	}
	return o.enrol(sent[0])
}

// enrol uses an invitation with TOTP.
func (o *office) enrol(i staff.Invitation) *person {
	o.t.Helper()
	p := &person{id: i.Account.ID, login: i.Account.Login, password: phrase}
	token, v, err := o.Enrol(o.t.Context(), o.at("pc-1"), p.login, i.Code, []byte(p.password))
	if err != nil || v.Stage != staff.StageEnrol {
		o.t.Fatalf("enrol %s: %v %v", p.login, v.Stage, err)
	}
	_, p.secret, err = o.Secret(o.t.Context(), o.at("pc-1"), token)
	if err != nil {
		o.t.Fatal(err)
	}
	fresh, _, err := o.Code(o.t.Context(), o.at("pc-1"), token, o.code(p))
	if err != nil || fresh != "" {
		o.t.Fatalf("end of enrolment: %q %v", fresh, err)
	}
	o.cheapen(p)
	o.people[p.login] = p
	return p
}

// cheapen puts a hash of the same password in the place of the one kept, with
// the cost of the earlier years: tests hash often.
func (o *office) cheapen(p *person) {
	c := o.m.creds[p.id]
	salt := []byte("saltsaltsaltsalt")
	b := base64.RawStdEncoding
	c.Password = "$argon2id$v=19$m=64,t=1,p=1$" + b.EncodeToString(salt) + "$" + b.EncodeToString(argon2.IDKey([]byte(p.password), salt, 1, 64, 1, 32))
	o.m.creds[p.id] = c
}

// code is a code that was not used yet: the clock moves on.
func (o *office) code(p *person) string {
	o.t.Helper()
	o.pass(60 * time.Second)
	return o.codeAt(p, o.now())
}

func (o *office) codeAt(p *person, at time.Time) string {
	o.t.Helper()
	c, err := totp.GenerateCode(p.secret, at)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// password brings a session to StagePassword.
func (o *office) password(login, terminal string) string {
	o.t.Helper()
	p := o.people[login]
	token, v, err := o.SignIn(o.t.Context(), o.at(terminal), login, []byte(p.password), p.member)
	if err != nil || v.Stage != staff.StagePassword {
		o.t.Fatalf("password of %s: %v %v", login, v.Stage, err)
	}
	return token
}

func (o *office) signIn(login, terminal string) (staff.Session, string) {
	o.t.Helper()
	token := o.password(login, terminal)
	fresh, v, err := o.Code(o.t.Context(), o.at(terminal), token, o.code(o.people[login]))
	if err != nil || v.Stage != staff.StageFull || fresh == token {
		o.t.Fatalf("code of %s: %v %v", login, v.Stage, err)
	}
	return v, fresh
}

// alive asks for a session with an act of the person.
func (o *office) alive(terminal, token string) error {
	o.t.Helper()
	_, err := o.Session(o.t.Context(), o.at(terminal), token, true)
	return err
}

// addPasskey gives a person a passkey without an enrolment.
func (o *office) addPasskey(p *person) {
	o.t.Helper()
	by, _ := o.admin()
	i, err := o.Invite(o.t.Context(), by, p.id)
	if err != nil {
		o.t.Fatal(err)
	}
	token, _, err := o.Enrol(o.t.Context(), o.at("pc-1"), p.login, i.Code, []byte(p.password))
	if err != nil {
		o.t.Fatal(err)
	}
	options, err := o.PasskeyBegin(o.t.Context(), o.at("pc-1"), token)
	if err != nil {
		o.t.Fatal(err)
	}
	p.auth = virtual.NewAuthenticatorWithOptions(virtual.AuthenticatorOptions{UserHandle: []byte(p.id)})
	key := virtual.NewCredential(virtual.KeyTypeEC2)
	p.key = &key
	asked, err := virtual.ParseAttestationOptions(string(options))
	if err != nil {
		o.t.Fatal(err)
	}
	fresh, v, err := o.PasskeyFinish(o.t.Context(), o.at("pc-1"), token, []byte(virtual.CreateAttestationResponse(party, p.auth, key, *asked)))
	if err != nil || fresh != "" || v.Factor != "passkey" {
		o.t.Fatalf("end of enrolment: %v", err)
	}
	o.cheapen(p)
}

func (o *office) touch(p *person, options []byte) []byte {
	o.t.Helper()
	asked, err := virtual.ParseAssertionOptions(string(options))
	if err != nil {
		o.t.Fatal(err)
	}
	p.key.Counter++
	return []byte(virtual.CreateAssertionResponse(party, p.auth, *p.key, *asked))
}

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: %v, want %v", what, err, target)
	}
}

func wantRows(t *testing.T, m *memory, from int, rows ...string) {
	t.Helper()
	if got := m.rows(from); !slices.Equal(got, rows) {
		t.Errorf("the log has %q, want %q", got, rows)
	}
}

func randomToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
