// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// ErrIssue is an issue or a withdrawal that is not told in full.
var ErrIssue = errors.New("sqlstore: issue or withdrawal not accepted")

var (
	handleForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
	tokenForm  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	kidForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	ridForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,24}$`)
)

// NoteIssue implements [staff.Issues]. A token that another account issued
// before is [staff.ErrConflict]. An approval that has ended is none.
func (s *Store) NoteIssue(ctx context.Context, i staff.Issue, l staff.Limit) error {
	if err := checkIssue(i); err != nil {
		return err
	}
	return s.chained(ctx, func(c *chain) error {
		again, err := c.again(ctx, i)
		switch {
		case err != nil:
			return err
		case again:
			i.Act.Operation = staff.OpPrint
		case i.Act.Operation == staff.OpPrint:
			return staff.ErrState
		default:
			i.Act.Operation = staff.OpIssue
		}
		if i.Person == "" {
			if i.Person, err = c.person(ctx, i.Act.Account, i.Act.Operator); err != nil {
				return err
			}
		}
		i.Person = foldNumber(i.Person)
		o, err := operation(i.Act)
		if err != nil {
			return err
		}
		seq, err := c.add(ctx, o)
		if err != nil || again {
			return err
		}
		used, err := c.judge(ctx, i, l)
		if err != nil {
			return err
		}
		return c.exec(ctx, "note an issue", `INSERT INTO counter_issues (token, seq, municipality, account, operator, person, at, kind, handle, sealed, rids, uvci, approval)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			i.Token, seq, string(i.Act.Municipality), i.Act.Account, i.Act.Operator, i.Person, format(c.at), string(i.Kind), string(i.Handle),
			append([]byte{}, i.Sealed...), writeRIDs(i.RIDs), i.UVCI, used)
	})
}

func checkIssue(i staff.Issue) error {
	switch {
	case i.Act.Operator == "":
		return ErrActor
	case i.Act.Municipality == "" || i.Act.Account == "":
		return fmt.Errorf("%w: by whom is not told", ErrIssue)
	case !tokenForm.MatchString(i.Token):
		return fmt.Errorf("%w: its token is no SHA-256", ErrIssue)
	case i.Person != "" && !plain(i.Person, 64):
		return fmt.Errorf("%w: its person has no number of the staff", ErrIssue)
	case i.Kind != cert.Domestic && i.Kind != cert.Overseas:
		return fmt.Errorf("%w: it is of no kind", ErrIssue)
	}
	return checkWithdrawal(i.Handle, i.RIDs, i.UVCI)
}

// checkWithdrawal refuses what the published lists cannot say: one row of
// another form would keep all that is withdrawn after it from being published.
func checkWithdrawal(h staff.Handle, rids map[string][]string, uvci string) error {
	if !handleForm.MatchString(string(h)) {
		return fmt.Errorf("%w: its handle is no handle", ErrIssue)
	}
	for kid, list := range rids {
		if !kidForm.MatchString(kid) || slices.ContainsFunc(list, func(r string) bool { return !ridForm.MatchString(r) }) {
			return fmt.Errorf("%w: a revocation id is of another form", ErrIssue)
		}
	}
	if uvci != "" && !tokenForm.MatchString(uvci) { // SHA-256, as of the token
		return fmt.Errorf("%w: its identifier is not hashed", ErrIssue)
	}
	return nil
}

// again reports whether the account has issued this already. What was
// withdrawn since is [staff.ErrState].
func (c *chain) again(ctx context.Context, i staff.Issue) (bool, error) {
	all, err := c.count(ctx, `SELECT COUNT(*) FROM counter_issues WHERE token = $1`, i.Token)
	if err != nil || all == 0 {
		return false, err
	}
	own, err := c.count(ctx, `SELECT COUNT(*) FROM counter_issues WHERE token = $1 AND municipality = $2 AND account = $3`,
		i.Token, string(i.Act.Municipality), i.Act.Account)
	if err != nil {
		return false, err
	}
	if own == 0 {
		return false, staff.ErrConflict
	}
	gone, err := c.count(ctx, `SELECT COUNT(*) FROM counter_issues i JOIN revocations r ON r.handle = i.handle WHERE i.token = $1`, i.Token)
	if err == nil && gone > 0 {
		err = staff.ErrState
	}
	return err == nil, err
}

// judge lets an issue pass, by the approval it returns where one is needed, or
// returns [staff.ErrHeld].
func (c *chain) judge(ctx context.Context, i staff.Issue, l staff.Limit) (used string, err error) {
	n, err := c.issued(ctx, i, l.Since)
	if err != nil || n < l.Most && !l.Held {
		return "", err
	}
	res, err := c.tx.ExecContext(ctx, `UPDATE approvals SET state = 'used', token = '' WHERE id = $1 AND municipality = $2 AND token_hash = $3
		AND account = $4 AND state = 'approved' AND decided_by <> '' AND decided_by <> $4 AND until_at > $5
		AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = approvals.decided_by AND a.municipality = approvals.municipality AND a.state = 'active')`,
		i.Approval, string(i.Act.Municipality), i.Token, i.Act.Account, format(c.at))
	if err != nil {
		return "", fmt.Errorf("sqlstore: use an approval: %w", err)
	}
	switch n, err := res.RowsAffected(); {
	case err != nil:
		return "", fmt.Errorf("sqlstore: use an approval: %w", err)
	case n == 0:
		return "", staff.ErrHeld
	}
	return i.Approval, nil
}

// issued is how much the account has issued since, or the person by whichever
// account, whichever is more.
func (c *chain) issued(ctx context.Context, i staff.Issue, since time.Time) (int, error) {
	n, err := c.count(ctx, `SELECT COUNT(*) FROM counter_issues WHERE municipality = $1 AND account = $2 AND at >= $3`,
		string(i.Act.Municipality), i.Act.Account, format(since))
	if err != nil || i.Person == "" {
		return n, err
	}
	own, err := c.count(ctx, `SELECT COUNT(*) FROM counter_issues WHERE municipality = $1 AND person = $2 AND at >= $3`,
		string(i.Act.Municipality), i.Person, format(since))
	return max(n, own), err
}

const issuedQuery = `SELECT COUNT(*) FROM counter_issues WHERE municipality = $1 AND operator = $2 AND at >= $3`

// Issued implements [staff.Issues].
func (s *Store) Issued(ctx context.Context, m cert.MunicipalityCode, operator string, since time.Time) (n int, err error) {
	if err := s.db.QueryRowContext(ctx, issuedQuery, string(m), operator, format(since)).Scan(&n); err != nil {
		return 0, fmt.Errorf("sqlstore: count the issues: %w", err)
	}
	return n, nil
}

// Recall implements [staff.Issues], oldest first. operator is the whole of it:
// of a shared ID one person.
func (s *Store) Recall(ctx context.Context, m cert.MunicipalityCode, operator string, hour time.Time) (list []staff.Issue, err error) {
	query := `SELECT ` + operationColumns + `, token, kind, handle, sealed, rids, uvci, approval, person FROM (
		SELECT o.seq, o.at, o.actor, o.action, o.subject, o.details, o.municipality, o.terminal, o.account,
			i.token, i.kind, i.handle, i.sealed, i.rids, i.uvci, i.approval, i.person FROM counter_issues i JOIN operations o ON o.seq = i.seq
		WHERE i.municipality = $1 AND i.operator = $2 AND i.at >= $3 AND i.at < $4
			AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.handle = i.handle)) found ORDER BY seq`
	args := []any{string(m), operator, format(hour), format(hour.Add(time.Hour))}
	err = rows(ctx, s.db, query, args, func(scan func(...any) error) error {
		var i staff.Issue
		var rids string
		o, err := scanOperation(scan, &i.Token, &i.Kind, &i.Handle, &i.Sealed, &rids, &i.UVCI, &i.Approval, &i.Person)
		if err != nil {
			return err
		}
		i.Act, i.RIDs = o.act(), readRIDs(rids)
		list = append(list, i)
		return nil
	})
	return list, err
}

// writeRIDs writes "kid rid rid", one kid a line.
func writeRIDs(rids map[string][]string) string {
	var lines []string
	for _, kid := range slices.Sorted(maps.Keys(rids)) {
		lines = append(lines, strings.Join(append([]string{kid}, rids[kid]...), " "))
	}
	return strings.Join(lines, "\n")
}

// readRIDs is the reverse.
func readRIDs(text string) map[string][]string {
	rids := map[string][]string{}
	for line := range strings.SplitSeq(text, "\n") {
		if f := strings.Fields(line); len(f) > 1 {
			rids[f[0]] = append(rids[f[0]], f[1:]...)
		}
	}
	return rids
}
