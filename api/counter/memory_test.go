// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
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

// memory keeps everything that package staff asks stores for, by the
// contracts of its ports.
type memory struct {
	mu          sync.Mutex
	now         func() time.Time
	down        error // what every call answers while the store is down
	writeFails  error // what the log alone answers
	damaged     bool  // the log does not agree with itself
	accounts    map[string]staff.Account
	credentials map[string]staff.Credentials
	terminals   map[string]staff.Terminal
	sessions    map[string]session
	tally       map[string]int
	acts        []staff.Act
	issues      []staff.Issue
	revoked     map[staff.Handle]staff.Revocation
	told        map[staff.Handle]bool
	approvals   map[string]staff.Approval
	alerts      []staff.Alert
	reviews     []staff.Review
	inquiries   []staff.Inquiry
}

var errDown = errors.New("the store is down")

type session struct {
	data    []byte
	version int
	until   time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, accounts: map[string]staff.Account{}, credentials: map[string]staff.Credentials{}, terminals: map[string]staff.Terminal{},
		sessions: map[string]session{}, tally: map[string]int{}, revoked: map[staff.Handle]staff.Revocation{}, told: map[staff.Handle]bool{},
		approvals: map[string]staff.Approval{}}
}

// write appends a row. The caller holds the lock.
func (m *memory) write(a staff.Act) {
	a.Seq, a.At = len(m.acts)+1, m.now()
	m.acts = append(m.acts, a)
}

func (m *memory) Account(_ context.Context, id string) (staff.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.accounts[id]
	if !ok {
		return a, errors.Join(m.down, staff.ErrNoAccount)
	}
	return a, m.down
}

func (m *memory) AccountByLogin(_ context.Context, town cert.MunicipalityCode, login string) (staff.Account, staff.Credentials, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, a := range m.accounts {
		if a.Municipality == town && a.Login == login {
			c := m.credentials[id]
			c.Epoch = a.Epoch
			return a, c, m.down
		}
	}
	return staff.Account{}, staff.Credentials{}, staff.ErrNoAccount
}

func (m *memory) Accounts(_ context.Context, town cert.MunicipalityCode) (list []staff.Account, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.accounts {
		if a.Municipality == town {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b staff.Account) int { return strings.Compare(a.Login, b.Login) })
	return list, m.down
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
	m.write(by)
	for _, n := range list {
		m.accounts[n.Account.ID], m.credentials[n.Account.ID] = n.Account, n.Credentials
		for _, id := range n.Terminals {
			t := m.terminals[id]
			t.Users = append(slices.Clone(t.Users), n.Account.ID)
			m.terminals[id] = t
		}
	}
	return m.down
}

func (m *memory) SetAccount(_ context.Context, by staff.Act, a staff.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.accounts[a.ID].Epoch != a.Epoch {
		return staff.ErrConflict
	}
	m.write(by)
	a.Epoch++
	m.accounts[a.ID] = a
	return m.down
}

func (m *memory) SetCredentials(_ context.Context, by staff.Act, id string, c staff.Credentials, to staff.State, end bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.accounts[id]
	if a.Epoch != c.Epoch {
		return staff.ErrConflict
	}
	m.write(by)
	a.State = to
	if end {
		a.Epoch++
	}
	m.accounts[id], m.credentials[id] = a, c
	return m.down
}

func (m *memory) UseStep(_ context.Context, id string, step int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.credentials[id]
	if step <= c.TOTPStep {
		return staff.ErrConflict
	}
	c.TOTPStep = step
	m.credentials[id] = c
	return m.down
}

func (m *memory) UsePasskey(context.Context, string, staff.Passkey) error { return m.down }

func (m *memory) SignedIn(_ context.Context, id string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.accounts[id]
	a.LastSignIn = at
	m.accounts[id] = a
	return m.down
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

func (m *memory) CounterTerminals(_ context.Context, town cert.MunicipalityCode) (list []staff.Terminal, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(m.terminals)) {
		if m.terminals[id].Municipality == town {
			list = append(list, m.terminals[id])
		}
	}
	return list, m.down
}

func (m *memory) SetUsers(_ context.Context, by staff.Act, id string, accounts []string, active bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.terminals[id]
	if !ok {
		return staff.ErrNoTerminal
	}
	m.write(by)
	t.Users, t.Active = accounts, active
	m.terminals[id] = t
	return m.down
}

func (m *memory) Load(_ context.Context, id string) ([]byte, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions[id]
	if !ok || !m.now().Before(s.until) {
		return nil, 0, staff.ErrNoSession
	}
	return slices.Clone(s.data), s.version, nil
}

func (m *memory) Save(_ context.Context, id string, data []byte, version int, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sessions[id]
	ok = ok && m.now().Before(s.until)
	if version == 0 && ok || version != 0 && (!ok || s.version != version) {
		return staff.ErrConflict
	}
	m.sessions[id] = session{slices.Clone(data), version + 1, m.now().Add(ttl)}
	return nil
}

func (m *memory) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, id)
	return nil
}

func (m *memory) Count(_ context.Context, name string, window time.Duration) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := fmt.Sprint(name, " ", m.now().Truncate(window).Unix())
	m.tally[key]++
	return m.tally[key], nil
}

func (m *memory) Write(_ context.Context, a staff.Act) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(m.down, m.writeFails); err != nil {
		return err
	}
	m.write(a)
	return nil
}

func (m *memory) Acts(_ context.Context, f staff.Filter, limit int) (list []staff.Act, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range slices.Backward(m.acts) {
		login, _, _ := strings.Cut(a.Operator, "/")
		kind, _, _ := strings.Cut(string(a.Operation), ".")
		if a.Municipality == f.Municipality && (f.Operator == "" || f.Operator == a.Operator || f.Operator == login) &&
			(f.Terminal == "" || f.Terminal == a.Terminal) && (f.Operation == "" || f.Operation == a.Operation || string(f.Operation) == kind) &&
			(f.Subject == "" || f.Subject == a.Subject) && (f.Before == 0 || a.Seq < f.Before) &&
			(f.From.IsZero() || !a.At.Before(f.From)) && (f.Until.IsZero() || a.At.Before(f.Until)) && len(list) < limit {
			list = append(list, a)
		}
	}
	return list, m.down
}

func (m *memory) Counts(_ context.Context, town cert.MunicipalityCode, from, until time.Time) (map[staff.Operation]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	counts := map[staff.Operation]int{}
	for _, a := range m.acts {
		if a.Municipality == town && !a.At.Before(from) && a.At.Before(until) {
			counts[a.Operation]++
		}
	}
	return counts, m.down
}

func (m *memory) VerifyLog(context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.damaged {
		return "", fmt.Errorf("%w: row 3", staff.ErrLog)
	}
	return fmt.Sprintf("%d:feed", len(m.acts)), m.down
}

func (m *memory) NoteIssue(_ context.Context, i staff.Issue, l staff.Limit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(m.down, m.writeFails); err != nil {
		return err
	}
	hour := 0
	for _, old := range m.issues {
		if old.Token == i.Token && old.Act.Account == i.Act.Account {
			if _, gone := m.revoked[i.Handle]; gone {
				return staff.ErrState
			}
			i.Act.Operation = staff.OpPrint
			m.write(i.Act)
			return nil
		}
		if old.Act.Municipality == i.Act.Municipality && (old.Act.Account == i.Act.Account || old.Person == i.Person) && !old.Act.At.Before(l.Since) {
			hour++
		}
	}
	if i.Act.Operation == staff.OpPrint {
		return staff.ErrState
	}
	if hour >= l.Most || l.Held {
		a, ok := m.approvals[i.Approval]
		if !ok || a.State != staff.Approved || a.TokenHash != i.Token || a.DecidedBy == i.Act.Account || a.Municipality != i.Act.Municipality {
			return staff.ErrHeld
		}
		a.State, a.Token = staff.Used, ""
		m.approvals[i.Approval] = a
	}
	m.write(i.Act)
	i.Act.At = m.now()
	m.issues = append(m.issues, i)
	return nil
}

func (m *memory) Issued(_ context.Context, town cert.MunicipalityCode, operator string, since time.Time) (n int, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range m.issues {
		if i.Act.Municipality == town && i.Act.Operator == operator && !i.Act.At.Before(since) {
			n++
		}
	}
	return n, nil
}

func (m *memory) Recall(_ context.Context, town cert.MunicipalityCode, operator string, hour time.Time) (list []staff.Issue, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range m.issues {
		_, gone := m.revoked[i.Handle]
		if !gone && i.Act.Municipality == town && i.Act.Operator == operator && !i.Act.At.Before(hour) && i.Act.At.Before(hour.Add(time.Hour)) {
			list = append(list, i)
		}
	}
	return list, m.down
}

func (m *memory) Revoke(_ context.Context, list []staff.Revocation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return m.down
	}
	for _, r := range list {
		m.write(r.Act)
		if _, ok := m.revoked[r.Handle]; !ok {
			m.revoked[r.Handle] = r
		}
	}
	return nil
}

func (m *memory) Untold(context.Context, int) ([]staff.Untold, error) { return nil, nil }

func (m *memory) Told(_ context.Context, h staff.Handle) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told[h] = true
	return nil
}

func (m *memory) Ask(_ context.Context, by staff.Act, a staff.Approval) (staff.Approval, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, old := range m.approvals {
		if old.TokenHash == a.TokenHash {
			return old, nil
		}
	}
	m.write(by)
	m.approvals[a.ID] = a
	return a, m.down
}

func (m *memory) Approval(_ context.Context, town cert.MunicipalityCode, id, tokenHash string) (staff.Approval, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.approvals {
		if a.Municipality == town && (id != "" && a.ID == id || id == "" && a.TokenHash == tokenHash) {
			return a, nil
		}
	}
	return staff.Approval{}, staff.ErrNoApproval
}

func (m *memory) Pending(_ context.Context, town cert.MunicipalityCode) (list []staff.Approval, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.approvals {
		if a.Municipality == town && a.State == staff.Pending {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b staff.Approval) int { return a.At.Compare(b.At) })
	return list, m.down
}

func (m *memory) Decide(_ context.Context, by staff.Act, id string, to staff.ApprovalState) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.approvals[id]
	switch {
	case !ok || a.Municipality != by.Municipality:
		return staff.ErrNoApproval
	case a.Account == by.Account:
		return staff.ErrOwn
	case a.State != staff.Pending || !m.now().Before(a.Until):
		return staff.ErrState
	}
	m.write(by)
	a.State, a.DecidedBy, a.DecidedAt = to, by.Account, m.now()
	m.approvals[id] = a
	return nil
}

func (m *memory) Raise(_ context.Context, a staff.Alert) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alerts = append(m.alerts, a)
	m.write(staff.Act{Operator: a.Operator, Account: a.Account, Terminal: a.Terminal, Municipality: a.Municipality, Operation: staff.OpAlertRaise, Subject: a.ID})
	return m.down
}

func (m *memory) Alerts(_ context.Context, town cert.MunicipalityCode, open bool) (list []staff.Alert, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range slices.Backward(m.alerts) {
		if a.Municipality == town && (!open || a.ClosedBy == "") {
			list = append(list, a)
		}
	}
	return list, m.down
}

func (m *memory) CloseAlert(_ context.Context, by staff.Act, id, finding string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, a := range m.alerts {
		if a.ID == id && a.Municipality == by.Municipality {
			if a.Account == by.Account {
				return staff.ErrOwn
			}
			m.write(by)
			m.alerts[i].ClosedBy, m.alerts[i].ClosedAt, m.alerts[i].Finding = by.Account, m.now(), finding
			return nil
		}
	}
	return staff.ErrNoAlert
}

func (m *memory) AddReview(_ context.Context, by staff.Act, r staff.Review) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.write(by)
	m.reviews = append(m.reviews, r)
	return m.down
}

func (m *memory) Reviews(_ context.Context, town cert.MunicipalityCode) (list []staff.Review, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range slices.Backward(m.reviews) {
		if r.Municipality == town {
			list = append(list, r)
		}
	}
	return list, m.down
}

func (m *memory) AddInquiry(_ context.Context, by staff.Act, i staff.Inquiry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.write(by)
	m.inquiries = append(m.inquiries, i)
	return m.down
}

func (m *memory) Inquiries(_ context.Context, town cert.MunicipalityCode) (list []staff.Inquiry, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range slices.Backward(m.inquiries) {
		if i.Municipality == town {
			list = append(list, i)
		}
	}
	return list, m.down
}
