// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

var errHire = errors.New("an account was not accepted")

// login is an account of the staff, with what nobody else should know.
type login struct {
	Municipality cert.MunicipalityCode `json:"municipality"`
	Login        string                `json:"login"`
	Name         string                `json:"name"`
	Functions    []staff.Function      `json:"functions"`
	PCs          []string              `json:"terminals"`
	Members      []string              `json:"members,omitzero"`    // staff numbers that may use a shared ID
	Password     string                `json:"password,omitzero"`   // empty until it is enrolled
	Secret       string                `json:"totp,omitzero"`       // base32
	Invitation   string                `json:"invitation,omitzero"` // its one-time code, not used yet
}

// hired is when the accounts were made: so long before the demo was started
// that the codes they were enrolled with are not those that are good now.
const hired = 10 * time.Minute

// city is who works in a town hall.
type city struct {
	code  cert.MunicipalityCode
	pcs   []string
	boss  string
	staff []staff.Draft
}

func cities(now time.Time) []city {
	both, one := []string{"kaku-1", "kaku-2"}, []string{"mihon-1"}
	since, until := cert.DateOf(now.AddDate(0, 0, -7)), cert.DateOf(now.AddDate(0, 0, 90))
	draft := func(login, name, number string, at []string, may ...staff.Function) staff.Draft {
		return staff.Draft{Login: login, Name: name, StaffNumber: number, Functions: may, ValidUntil: until, Terminals: at}
	}
	shared := draft("madoguchi", "応援職員共用", "", both[:1], staff.Clerk)
	shared.Shared = &staff.Shared{Purpose: "繁忙期の応援", Until: until, Roster: []staff.Member{
		{StaffNumber: "10021", Name: "応援　一郎", From: since, Until: until}, {StaffNumber: "10022", Name: "応援　二葉", From: since, Until: until},
	}}
	return []city{
		{"900010", both, "管理　花子", []staff.Draft{
			draft("sato", "佐藤　窓子", "10001", both, staff.Clerk),
			draft("suzuki", "鈴木　受付", "10002", both, staff.Clerk),
			draft("tanaka", "田中　係長", "10003", both, staff.Approver, staff.Protected),
			draft("kansa", "監査　太郎", "10004", both, staff.Auditor),
			shared,
		}},
		{"900028", one, "管理　町子", []staff.Draft{
			draft("takahashi", "高橋　町男", "20001", one, staff.Clerk),
		}},
		{"900036", []string{"shiken-1"}, "管理　村雄", nil}, // nobody has come yet: its first administrator enrols by hand
	}
}

// hire adds everybody as a city would: the first administrator from the
// command line, who adds the others, who enrol.
func hire(ctx context.Context, rules staff.Config, keys *terminalKeys) (crew []login, err error) {
	now := rules.Now
	rules.Now = func() time.Time { return now().Add(-hired) }
	s, err := staff.New(rules)
	if err != nil {
		return nil, err
	}
	for _, c := range cities(now()) {
		some, err := c.hire(ctx, s, rules.Now, keys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.code, err)
		}
		crew = append(crew, some...)
	}
	return crew, nil
}

func (c city) hire(ctx context.Context, s *staff.Service, now func() time.Time, keys *terminalKeys) (crew []login, err error) {
	chief := staff.Draft{Login: "kanri", Name: c.boss, StaffNumber: string(c.code[1:]), Functions: []staff.Function{staff.Administrator},
		ValidUntil: cert.DateOf(now().AddDate(0, 0, 300)), Terminals: c.pcs}
	invited, err := s.AddAdministrator(ctx, "demo", c.code, chief, false)
	if err != nil {
		return nil, err
	}
	boss := newLogin(c.code, chief)
	if len(c.staff) == 0 {
		boss.Invitation = invited.Code
		return []login{boss}, nil
	}
	at := func() (staff.Terminal, error) { return s.Terminal(ctx, keys.spki(c.pcs[0])) } // anew: it says who may work there
	t, err := at()
	if err != nil {
		return nil, err
	}
	session, err := boss.begin(ctx, s, t, invited.Code, now)
	if err != nil {
		return nil, err
	}
	invitations, wrong, err := s.Add(ctx, session, c.staff)
	if err != nil || len(wrong) > 0 {
		return nil, fmt.Errorf("%w (%v): %w", errHire, wrong, err)
	}
	crew = []login{boss}
	if t, err = at(); err != nil {
		return nil, err
	}
	for i, d := range c.staff {
		l := newLogin(c.code, d)
		if err := l.enrol(ctx, s, t, invitations[i].Code, now); err != nil {
			return nil, err
		}
		crew = append(crew, l)
	}
	return crew, nil
}

func newLogin(m cert.MunicipalityCode, d staff.Draft) login {
	l := login{Municipality: m, Login: d.Login, Name: d.Name, Functions: d.Functions, PCs: d.Terminals}
	if d.Shared != nil {
		for _, member := range d.Shared.Roster {
			l.Members = append(l.Members, member.StaffNumber)
		}
	}
	return l
}

// enrol chooses a password and takes a TOTP secret.
func (l *login) enrol(ctx context.Context, s *staff.Service, t staff.Terminal, code string, now func() time.Time) error {
	token, err := "", staff.ErrWeak
	for errors.Is(err, staff.ErrWeak) { // chance makes words, too
		random := strings.ToLower(rand.Text())
		l.Password = random[:5] + "-" + random[5:10] + "-" + random[10:15]
		token, _, err = s.Enrol(ctx, t, l.Login, code, []byte(l.Password))
	}
	if err != nil {
		return err
	}
	if _, l.Secret, err = s.Secret(ctx, t, token); err != nil {
		return err
	}
	_, _, err = s.Code(ctx, t, token, totp(l.Secret, now()))
	return err
}

// begin enrols and signs in, half a minute later: a code works once.
func (l *login) begin(ctx context.Context, s *staff.Service, t staff.Terminal, code string, now func() time.Time) (v staff.Session, err error) {
	if err := l.enrol(ctx, s, t, code, func() time.Time { return now().Add(-step) }); err != nil {
		return v, err
	}
	token, _, err := s.SignIn(ctx, t, l.Login, []byte(l.Password), "")
	if err != nil {
		return v, err
	}
	_, v, err = s.Code(ctx, t, token, totp(l.Secret, now()))
	return v, err
}

// step is how long a code is good.
const step = 30 * time.Second

// totp is the code of a moment (RFC 6238, RFC 4226 section 5.3): six digits.
func totp(secret string, at time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(secret, " ", ""))
	if err != nil {
		return ""
	}
	mac := hmac.New(sha1.New, key)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix())/uint64(step/time.Second))) // never fails
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&15:]) & 0x7FFFFFFF
	return fmt.Sprintf("%06d", n%1_000_000)
}
