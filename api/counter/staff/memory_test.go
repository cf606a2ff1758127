// SPDX-License-Identifier: Apache-2.0

package staff_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

var errDown = errors.New("memory: down")

// memory implements the ports of package staff as ports.go says, in one room
// with one lock.
type memory struct {
	mu        sync.Mutex
	now       func() time.Time
	accounts  map[string]staff.Account
	creds     map[string]staff.Credentials
	terminals map[string]staff.Terminal
	sessions  map[string]kept
	tally     map[string]int
	names     []string // all that was ever counted
	log       []staff.Act
	alerts    []staff.Alert

	logDown, sessionsDown, alertsDown bool
	meanwhile                         func() // runs once, before the next SetCredentials
	beforeSave                        func() // likewise Save
}

type kept struct {
	data    []byte
	version int
	until   time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, accounts: map[string]staff.Account{}, creds: map[string]staff.Credentials{}, terminals: map[string]staff.Terminal{},
		sessions: map[string]kept{}, tally: map[string]int{}}
}

func clone(a staff.Account) staff.Account {
	a.Functions = slices.Clone(a.Functions)
	if a.Shared != nil {
		sh := *a.Shared
		sh.Roster = slices.Clone(sh.Roster)
		a.Shared = &sh
	}
	return a
}

func (m *memory) Account(_ context.Context, id string) (staff.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.accounts[id]
	if !ok {
		return staff.Account{}, staff.ErrNoAccount
	}
	return clone(a), nil
}

func (m *memory) AccountByLogin(_ context.Context, c cert.MunicipalityCode, login string) (staff.Account, staff.Credentials, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, a := range m.accounts {
		if a.Municipality == c && a.Login == login {
			return clone(a), m.creds[id], nil
		}
	}
	return staff.Account{}, staff.Credentials{}, staff.ErrNoAccount
}

func (m *memory) Accounts(_ context.Context, c cert.MunicipalityCode) (list []staff.Account, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		if a.Municipality == c {
			list = append(list, clone(a))
		}
	}
	slices.SortFunc(list, func(a, b staff.Account) int { return strings.Compare(a.Login, b.Login) })
	return list, nil
}

// write appends to the log; m is locked.
func (m *memory) write(a staff.Act) error {
	if m.logDown {
		return errDown
	}
	if a.Operator == "" || a.Municipality == "" || a.Operation == "" {
		return fmt.Errorf("memory: a row without operator, municipality or operation")
	}
	a.Seq, a.At = len(m.log)+1, m.now()
	m.log = append(m.log, a)
	return nil
}

func (m *memory) AddAccounts(_ context.Context, by staff.Act, list []staff.NewAccount) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range list {
		for _, a := range m.accounts {
			if a.Municipality == n.Account.Municipality && a.Login == n.Account.Login {
				return staff.ErrAccount
			}
		}
	}
	if err := m.write(by); err != nil {
		return err
	}
	for _, n := range list {
		m.accounts[n.Account.ID], m.creds[n.Account.ID] = clone(n.Account), n.Credentials
		for _, id := range n.Terminals {
			t := m.terminals[id]
			t.Users = append(slices.Clone(t.Users), n.Account.ID)
			m.terminals[id] = t
		}
	}
	return nil
}

func (m *memory) SetAccount(_ context.Context, by staff.Act, a staff.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.accounts[a.ID]; !ok {
		return staff.ErrNoAccount
	} else if old.Epoch != a.Epoch {
		return staff.ErrConflict
	}
	if err := m.write(by); err != nil {
		return err
	}
	a = clone(a)
	a.Epoch++
	m.accounts[a.ID] = a
	return nil
}

func (m *memory) SetCredentials(_ context.Context, by staff.Act, id string, c staff.Credentials, to staff.State, end bool) error {
	m.mu.Lock()
	hook := m.meanwhile
	m.meanwhile = nil
	m.mu.Unlock()
	if hook != nil {
		hook()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.accounts[id]
	if !ok {
		return staff.ErrNoAccount
	}
	if a.Epoch != c.Epoch {
		return staff.ErrConflict
	}
	if err := m.write(by); err != nil {
		return err
	}
	c.TOTPStep = max(c.TOTPStep, m.creds[id].TOTPStep)
	a.State = to
	if end {
		a.Epoch++
	}
	m.accounts[id], m.creds[id] = a, c
	return nil
}

func (m *memory) UseStep(_ context.Context, id string, step int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.creds[id]
	if step <= c.TOTPStep {
		return staff.ErrConflict
	}
	c.TOTPStep = step
	m.creds[id] = c
	return nil
}

func (m *memory) UsePasskey(_ context.Context, id string, p staff.Passkey) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.creds[id]
	c.Passkeys = slices.Clone(c.Passkeys)
	i := slices.IndexFunc(c.Passkeys, func(k staff.Passkey) bool { return bytes.Equal(k.ID, p.ID) })
	if i < 0 {
		return staff.ErrConflict
	}
	c.Passkeys[i] = p
	m.creds[id] = c
	return nil
}

func (m *memory) SignedIn(_ context.Context, id string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.accounts[id]
	a.LastSignIn = at
	m.accounts[id] = a
	return nil
}

func (m *memory) TerminalByKey(_ context.Context, key [32]byte) (staff.Terminal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.terminals {
		if t.Key == key {
			return t, nil
		}
	}
	return staff.Terminal{}, staff.ErrNoTerminal
}

func (m *memory) CounterTerminals(_ context.Context, c cert.MunicipalityCode) (list []staff.Terminal, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(m.terminals)) {
		if t := m.terminals[id]; t.Municipality == c {
			list = append(list, t)
		}
	}
	return list, nil
}

func (m *memory) SetUsers(_ context.Context, by staff.Act, id string, accounts []string, active bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.write(by); err != nil {
		return err
	}
	t := m.terminals[id]
	t.Users, t.Active = slices.Clone(accounts), active
	m.terminals[id] = t
	return nil
}

func (m *memory) Load(_ context.Context, id string) ([]byte, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessionsDown {
		return nil, 0, errDown
	}
	k, ok := m.sessions[id]
	if !ok || !m.now().Before(k.until) {
		return nil, 0, staff.ErrNoSession
	}
	return bytes.Clone(k.data), k.version, nil
}

func (m *memory) Save(_ context.Context, id string, data []byte, version int, ttl time.Duration) error {
	m.mu.Lock()
	hook := m.beforeSave
	m.beforeSave = nil
	m.mu.Unlock()
	if hook != nil {
		hook()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessionsDown {
		return errDown
	}
	k, ok := m.sessions[id]
	if ok && !m.now().Before(k.until) {
		k = kept{}
	}
	if k.version != version {
		return staff.ErrConflict
	}
	m.sessions[id] = kept{bytes.Clone(data), version + 1, m.now().Add(ttl)}
	return nil
}

func (m *memory) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessionsDown {
		return errDown
	}
	delete(m.sessions, id)
	return nil
}

func (m *memory) Count(_ context.Context, name string, window time.Duration) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names = append(m.names, name)
	slot := fmt.Sprint(name, window, m.now().UnixNano()/int64(window))
	m.tally[slot]++
	return m.tally[slot], nil
}

func (m *memory) Write(_ context.Context, a staff.Act) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.write(a)
}

func (m *memory) Acts(_ context.Context, f staff.Filter, limit int) (list []staff.Act, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range slices.Backward(m.log) {
		if a.Municipality == f.Municipality && (f.Operator == "" || a.Operator == f.Operator) && (f.Operation == "" || a.Operation == f.Operation) &&
			!a.At.Before(f.From) && len(list) < limit {
			list = append(list, a)
		}
	}
	return list, nil
}

func (m *memory) VerifyLog(context.Context) (string, error) { return "0:", nil }

func (m *memory) Raise(_ context.Context, a staff.Alert) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.alertsDown {
		return errDown
	}
	m.alerts = append(m.alerts, a)
	return m.write(staff.Act{Operator: a.Operator, Municipality: a.Municipality, Operation: staff.OpAlertRaise, Subject: a.ID})
}

func (m *memory) Alerts(context.Context, cert.MunicipalityCode, bool) ([]staff.Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.alerts), nil
}

func (m *memory) CloseAlert(context.Context, staff.Act, string, string) error { return nil }

// raised counts the alerts of a kind.
func (m *memory) raised(k staff.AlertKind) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.alerts {
		if a.Kind == k {
			n++
		}
	}
	return n
}

// rows lists the operations in the log, "operation reason", from the row with.
func (m *memory) rows(from int) (list []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.log[from:] {
		list = append(list, strings.TrimSpace(string(a.Operation)+" "+a.Details["reason"]))
	}
	return list
}

func (m *memory) height() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.log)
}
