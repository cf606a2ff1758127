// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/go-json-experiment/json"

	"kofu/cert/canary"
	"kofu/cmd/internal/redisstore"
)

// exitBlind is how kofu check -retention ends when it found nothing and could
// not look everywhere.
const exitBlind = 3

// retentionFlags are those of kofu check that belong to -retention.
type retentionFlags struct {
	on                  bool
	persons             string
	logs                []string
	redisUser, password string
}

func (r *retentionFlags) define(f *flag.FlagSet) {
	f.BoolVar(&r.on, "retention", false, "search Redis, the database and -log files for what must not be kept; ends with 1 if there is something, with 3 if not all could be looked at")
	f.StringVar(&r.persons, "persons", "", "`FILE` of made-up persons to look for, {\"persons\": [{\"id\": …, \"number\": …, \"name\": …}]}; - reads what is typed. Without it only shapes are looked for")
	f.Func("log", "`FILE` to search as well, gzip or not; repeatable", func(path string) error {
		r.logs = append(r.logs, path)
		return nil
	})
	f.StringVar(&r.redisUser, "redis-user", "", "`NAME` of an ACL user that may list and read keys; the server's own may not")
	f.StringVar(&r.password, "redis-password", "", "`FILE` with that user's password")
}

// search is a search of a live installation. It prints places, never what
// stands there.
type search struct {
	out      io.Writer
	searcher *canary.Searcher // nil: shapes only
	found    int
	blind    bool
}

func (r *retentionFlags) run(ctx context.Context, p *parts, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &search{out: stdout}
	if r.persons != "" {
		persons, err := readPersons(r.persons, stdin)
		if err == nil {
			s.searcher, err = canary.New(persons)
		}
		if err != nil {
			_, _ = fmt.Fprintln(stderr, "kofu: persons:", err)
			return exitUsage
		}
		_, _ = fmt.Fprintf(stdout, "looking for %d persons in %d writings, and for what looks like anybody\n", len(persons), s.searcher.Patterns())
	} else {
		_, _ = fmt.Fprintln(stdout, "looking for what looks like anybody; -persons names who was sent through")
	}
	password := ""
	if r.password != "" {
		data, err := os.ReadFile(r.password) // #nosec G304 -- the operator names it
		if err != nil {
			_, _ = fmt.Fprintln(stderr, "kofu: redis-password:", cause(err))
			return exitUsage
		}
		password = strings.TrimRight(string(data), "\r\n")
	}
	s.redis(ctx, p, r.redisUser, password)
	s.sql(ctx, p)
	for _, path := range p.sql.Files() {
		s.file(path, false) // the values were looked at, one by one
	}
	for _, path := range r.logs {
		s.file(path, true)
	}
	return s.verdict()
}

func (s *search) verdict() int {
	switch {
	case s.found > 0:
		_, _ = fmt.Fprintf(s.out, "FOUND %d\n", s.found)
		return exitFailed
	case s.blind:
		_, _ = fmt.Fprintln(s.out, "nothing found, but not everything could be looked at")
		return exitBlind
	}
	_, _ = fmt.Fprintln(s.out, "nothing found")
	return exitDone
}

// readPersons reads made-up persons, strictly.
func readPersons(path string, stdin io.Reader) ([]canary.Person, error) {
	r := stdin
	if path != "-" {
		f, err := os.Open(path) // #nosec G304 -- the operator names it
		if err != nil {
			return nil, errors.New(cause(err))
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	var list struct {
		Persons []canary.Person `json:"persons"`
	}
	if err := json.UnmarshalRead(r, &list, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("not as it must be: %w", err)
	}
	if len(list.Persons) == 0 {
		return nil, errors.New("nobody in it")
	}
	return list.Persons, nil
}

func (s *search) tell(place, what string) {
	s.found++
	_, _ = fmt.Fprintf(s.out, "FOUND %s: %s\n", place, what)
}

// bytes searches one value.
func (s *search) bytes(place string, b []byte, shapes bool) {
	if s.searcher != nil {
		for _, h := range s.searcher.Bytes(b) {
			s.tell(place, h.String())
		}
	}
	if !shapes {
		return
	}
	for _, h := range canary.Shapes(b) {
		s.tell(place, fmt.Sprintf("%s at %d", h.What, h.Offset))
	}
}

func (s *search) redis(ctx context.Context, p *parts, user, password string) {
	keys, size := 0, 0
	err := p.redis.Inspect(ctx, user, password, func(e redisstore.Entry) {
		keys++
		place := fmt.Sprintf("redis, key %d of the scan (%s…)", keys, e.Known)
		if e.Known == "" {
			place = fmt.Sprintf("redis, key %d of the scan", keys)
			s.tell(place, "not of the keyspace of this program")
		}
		if e.TTL < 0 {
			s.tell(place, "never expires")
		}
		s.bytes(place+", name", []byte(e.Key), true)
		for _, v := range e.Values {
			size += len(v)
			s.bytes(place, v, true)
		}
	})
	_, _ = fmt.Fprintf(s.out, "redis: %d keys, %d bytes\n", keys, size)
	s.failed("redis", err)
}

// failed notes what could not be looked at.
func (s *search) failed(where string, err error) {
	if err == nil {
		return
	}
	s.blind = true
	_, _ = fmt.Fprintf(s.out, "%s: not looked at to the end: %s\n", where, cause(err))
}

func (s *search) sql(ctx context.Context, p *parts) {
	size, values := 0, 0
	tables := map[string]int{}
	err := p.sql.Inspect(ctx, func(table, column string, row int, value []byte) {
		size, values = size+len(value), values+1
		tables[table] = max(tables[table], row)
		s.bytes(fmt.Sprintf("sql, %s.%s, row %d", table, column, row), value, true)
	})
	rows := 0
	for _, n := range tables {
		rows += n
	}
	_, _ = fmt.Fprintf(s.out, "sql: %d tables with rows, %d rows, %d values, %d bytes\n", len(tables), rows, values, size)
	s.failed("sql", err)
}

// file searches a file for persons and, if shapes, for anybody.
func (s *search) file(path string, shapes bool) {
	f, err := os.Open(path) // #nosec G304 -- the operator names it
	if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(path, "-wal") {
		return // all of it is in the database
	}
	if err != nil {
		s.failed(path, err)
		return
	}
	defer func() { _ = f.Close() }()
	var n int64
	if s.searcher != nil {
		var hits []canary.Hit
		hits, n, err = s.searcher.Search(f)
		for _, h := range hits {
			s.tell(path, h.String())
		}
	}
	if shapes && err == nil {
		n, err = s.shapes(path)
	}
	_, _ = fmt.Fprintf(s.out, "%s: %d bytes\n", path, n)
	s.failed(path, err)
}

// shapes looks through a file in parts that overlap by more than any shape.
func (s *search) shapes(path string) (read int64, err error) {
	f, err := os.Open(path) // #nosec G304 -- the operator names it
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	const overlap = 64 << 10
	buf := make([]byte, 1<<20)
	for have := 0; ; {
		n, err := io.ReadFull(f, buf[have:])
		read += int64(n)
		last := err != nil
		b := buf[:have+n]
		for _, h := range canary.Shapes(b) {
			if last || h.Offset < len(b)-overlap {
				s.tell(path, fmt.Sprintf("%s at %d", h.What, read-int64(len(b))+int64(h.Offset)))
			}
		}
		if last {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = nil
			}
			return read, err
		}
		have = copy(buf, b[len(b)-overlap:])
	}
}
