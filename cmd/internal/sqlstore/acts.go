// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// ErrAct is an act that cannot stand in the operation log: it would not be one
// line of plain text, or says not enough.
var ErrAct = errors.New("sqlstore: act not accepted")

// mostValue is how long a value of [staff.Act.Details] may be, in characters.
const mostValue = 400

var (
	verbForm = regexp.MustCompile(`^[a-z_]{1,32}\.[a-z_]{1,32}$`)
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

// Write implements [staff.Log]. Details with an empty value are left out. Who
// acts may be empty where a terminal is named: somebody at it, who has not
// signed in.
func (s *Store) Write(ctx context.Context, a staff.Act) error {
	o, err := operation(a)
	if err != nil {
		return err
	}
	return s.chained(ctx, func(c *chain) error {
		_, err := c.add(ctx, o)
		return err
	})
}

// acted is [Store.chained] with a row of the log, which is written first: what
// change does not want is not in the log either. change is given its number.
func (s *Store) acted(ctx context.Context, a staff.Act, change func(c *chain, seq int) error) error {
	o, err := operation(a)
	if err != nil {
		return err
	}
	if o.Actor == "" {
		return ErrActor
	}
	return s.chained(ctx, func(c *chain) error {
		seq, err := c.add(ctx, o)
		if err != nil {
			return err
		}
		return change(c, seq)
	})
}

// operation is a as a row of the log.
func operation(a staff.Act) (o Operation, err error) {
	switch {
	case a.Operator == "" && a.Terminal == "", a.Operator != "" && !plain(a.Operator, 100):
		return o, ErrActor
	case !verbForm.MatchString(string(a.Operation)):
		return o, fmt.Errorf("%w: its operation is no operation", ErrAct)
	case a.Subject != "" && !plain(a.Subject, 200):
		return o, fmt.Errorf("%w: its subject is not one line of 200 characters", ErrAct)
	case a.Terminal != "" && !terminalForm.MatchString(a.Terminal), a.Account != "" && !terminalForm.MatchString(a.Account):
		return o, fmt.Errorf("%w: its terminal or account is none", ErrAct)
	}
	if a.Municipality != "" {
		if _, err := cert.ParseMunicipalityCode(string(a.Municipality)); err != nil {
			return o, fmt.Errorf("%w: no municipality has this code", ErrAct)
		}
	}
	o = Operation{Actor: a.Operator, Action: string(a.Operation), Subject: a.Subject,
		Municipality: string(a.Municipality), Terminal: a.Terminal, Account: a.Account}
	o.Details, err = writeDetails(a.Details)
	return o, err
}

// act is o as the counter reads it.
func (o Operation) act() staff.Act {
	return staff.Act{Seq: o.Seq, At: o.At, Operator: o.Actor, Account: o.Account, Terminal: o.Terminal,
		Municipality: cert.MunicipalityCode(o.Municipality), Operation: staff.Operation(o.Action), Subject: o.Subject, Details: readDetails(o.Details)}
}

// writeDetails writes "name=value", one a line, sorted by name.
func writeDetails(d map[string]string) (string, error) {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(d)) {
		switch value := d[name]; {
		case !nameForm.MatchString(name):
			return "", fmt.Errorf("%w: a detail has a name that is none", ErrAct)
		case value == "":
		case !plain(value, mostValue):
			return "", fmt.Errorf("%w: detail %s is not one line of %d characters", ErrAct, name, mostValue)
		default:
			lines = append(lines, name+"="+value)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// readDetails is the reverse. What is of no such form is left out.
func readDetails(text string) map[string]string {
	d := map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			d[name] = value
		}
	}
	return d
}

// spread puts a list into details, under name, and where it is too long for
// one line under name_2, name_3 and so on.
func spread(d map[string]string, name string, list []string) {
	line, n := "", 1
	for _, v := range list {
		if line != "" && len(line)+1+len(v) > mostValue {
			n++
			line = ""
		}
		line = strings.TrimPrefix(line+" "+v, " ")
		if n == 1 {
			d[name] = line
		} else {
			d[name+"_"+strconv.Itoa(n)] = line
		}
	}
}

// Acts implements [staff.Log].
func (s *Store) Acts(ctx context.Context, f staff.Filter, limit int) (list []staff.Act, err error) {
	if f.Municipality == "" {
		return nil, fmt.Errorf("%w: whose log is not told", ErrAct)
	}
	where, args := conditions(f, s.driver)
	query := `SELECT ` + operationColumns + ` FROM operations WHERE ` + where + ` ORDER BY seq DESC LIMIT ` + strconv.Itoa(max(0, limit))
	err = rows(ctx, s.db, query, args, func(scan func(...any) error) error {
		o, err := scanOperation(scan)
		if err != nil {
			return err
		}
		list = append(list, o.act())
		return nil
	})
	return list, err
}

// before is what stands in a column before a mark, or the whole of it: as the
// indexes operations_login and operations_thing have it, word for word.
func before(column, mark, driver string) string {
	if driver == Postgres {
		return fmt.Sprintf(`split_part(%s, '%s', 1)`, column, mark)
	}
	return fmt.Sprintf(`substr(%[1]s, 1, instr(%[1]s || '%[2]s', '%[2]s') - 1)`, column, mark)
}

// conditions is f in SQL.
func conditions(f staff.Filter, driver string) (where string, args []any) {
	where, args = `municipality = $1`, []any{string(f.Municipality)}
	and := func(is bool, condition string, value any) {
		if is {
			args = append(args, value)
			where += " AND (" + strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args))) + ")"
		}
	}
	login, _, one := strings.Cut(f.Operator, "/")
	and(f.Operator != "", before("actor", "/", driver)+` = ?`, login)
	and(one, `actor = ?`, f.Operator)
	and(f.Terminal != "", `terminal = ?`, f.Terminal)
	thing, _, whole := strings.Cut(string(f.Operation), ".")
	and(f.Operation != "", before("action", ".", driver)+` = ?`, thing)
	and(whole, `action = ?`, string(f.Operation))
	and(f.Subject != "", `subject = ?`, f.Subject)
	and(!f.From.IsZero(), `at >= ?`, format(f.From))
	and(!f.Until.IsZero(), `at < ?`, format(f.Until))
	and(f.Before > 0, `seq < ?`, f.Before)
	return where, args
}

// Counts implements [staff.Counts].
func (s *Store) Counts(ctx context.Context, m cert.MunicipalityCode, from, until time.Time) (map[staff.Operation]int, error) {
	counts := map[staff.Operation]int{}
	query := `SELECT action, COUNT(*) FROM operations WHERE municipality = $1 AND at >= $2 AND at < $3 GROUP BY action`
	err := rows(ctx, s.db, query, []any{string(m), format(from), format(until)}, func(scan func(...any) error) error {
		var action string
		var n int
		if err := scan(&action, &n); err != nil {
			return fmt.Errorf("sqlstore: count the operations: %w", err)
		}
		counts[staff.Operation(action)] = n
		return nil
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// VerifyLog implements [staff.Log], without heads noted elsewhere, and without
// what this process has read and found good before: [Store.Verify] reads that
// again.
func (s *Store) VerifyLog(ctx context.Context) (head string, err error) {
	h, err := s.verify(ctx, s.found())
	if err != nil {
		return "", err
	}
	return h.String(), nil
}

// unique is list in order, each once.
func unique(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
