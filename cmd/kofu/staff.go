// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"kofu/cert"
	"kofu/cmd/internal/sqlstore"
)

const staffUsage = `usage: kofu staff <command> -config FILE [flags]

  municipality list                     who takes part now, and what is closed or announced
  municipality close CODE|all           take no applications, from now or -from on
               [-channel app|kiosk|counter] [-reason suspension|maintenance]
               [-from TIME] [-until TIME] [-ja TEXT -en TEXT]
  municipality open ID                  lift a closure, or an announcement
  terminal list                         the registry, with what each said of itself last
  terminal add ID -store S -operator O (-certificate FILE.pem | -relay ID) [-role terminal|centre]
  terminal suspend ID | activate ID     at once
  terminal revoke ID                    at once, for ever
  report -day YYYY-MM-DD | -month YYYY-MM
                                        the kiosk's books as CSV; exit 1 when something does not add up

  desk list                             the terminals of municipal offices
  desk add ID -municipality CODE -place TEXT -certificate FILE.pem
  desk suspend ID | activate ID         at once
  administrator add -municipality CODE -login LOGIN -name NAME -number NUMBER
       -until YYYY-MM-DD -terminals ID[,ID]… [-again]
                                        the first administrator of a municipality: prints the enrolment code, once
  account list -municipality CODE       who has an account, and with which rights
  account invite LOGIN -municipality CODE
                                        an administrator or auditor enrols again: prints the code, once
  account revoke LOGIN -municipality CODE
                                        at once, for ever, open sessions too
  recall -operator LOGIN[/NUMBER] -hour 2026-04-01T14 -municipality CODE [-reason TEXT] [-dry-run]
                                        withdraw what an operator issued in an hour
  blocks import FILE -municipality CODE [-dry-run] [-empty]
                                        who is not served in self-service; see kofu staff blocks import -h

  log                                   who did what
  log verify [-noted NUMBER:HASH] [-checkpoints FILE|FOLDER -checkpoint-key FILE]
                                        find what was altered, put in, taken out or cut off; exit 1 if anything was
  log key new FILE -origin NAME         make the pair of keys for checkpoints: FILE and FILE.pub; needs no -config
  backup FILE                           a copy of SQLite's file, taken while the server works

What changes something takes -by NAME, under which it is logged; it is else the
name you are logged in with. TIME is written 2026-04-01T09:00:00+09:00.
`

// An office is where the staff's commands are done.
type office struct {
	*parts
	by     string // who does it
	stdout io.Writer
	stderr io.Writer
}

// order is what somebody wants done: the words that are no flags, and flags.
type order struct {
	flags  *flag.FlagSet
	config string
	by     string
	words  []string
	needs  needs
}

// needs is what a command needs besides the database and the table of
// municipalities.
type needs struct {
	nothing bool // not even those: it takes no configuration
	staff   bool // secrets.staff and the section counter
	records bool // the section vrs
}

// staffCommand prepares one command: which flags it has, and what it does once
// they are read.
type staffCommand func(o *order) func(ctx context.Context, f office) error

// errUsage is what was not asked in a way that can be done.
var errUsage = errors.New("usage")

// runStaff does what the people who run the service do, and logs it.
func runStaff(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name, command, rest := staffCommands(args)
	if command == nil {
		_, _ = fmt.Fprint(stderr, staffUsage)
		return exitUsage
	}
	o := &order{flags: flag.NewFlagSet("kofu staff "+name, flag.ContinueOnError)}
	o.flags.SetOutput(stderr)
	o.flags.StringVar(&o.config, "config", "", "`FILE` of the server")
	o.flags.StringVar(&o.by, "by", loggedIn(), "`NAME` under which it is logged")
	do := command(o)
	switch err := o.read(rest); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil || (o.config == "") != o.needs.nothing:
		_, _ = fmt.Fprint(stderr, staffUsage)
		return exitUsage
	}
	f := office{by: o.by, stdout: stdout, stderr: stderr}
	if !o.needs.nothing {
		code := 0
		if f.parts, code = openOffice(o, stderr); code != exitDone {
			return code
		}
		defer func() { _ = f.sql.Close() }()
	}
	return f.end(f.do(ctx, do))
}

// openOffice reads what a command needs.
func openOffice(o *order, stderr io.Writer) (*parts, int) {
	p, faults := loadOffice(o.config, o.needs)
	if len(faults) == 0 && p.config.SQL.Path == sqlstore.Memory {
		faults = append(faults, "sql.path is in the server's memory, where nobody else can change it")
	}
	for _, f := range faults {
		_, _ = fmt.Fprintln(stderr, f)
	}
	if len(faults) > 0 {
		return nil, exitConfig
	}
	return p, exitDone
}

// do does it, on tables that are up to date.
func (f office) do(ctx context.Context, command func(context.Context, office) error) error {
	if f.parts != nil {
		if err := f.sql.Migrate(ctx); err != nil {
			return err
		}
	}
	return command(ctx, f)
}

// end tells how it ended.
func (f office) end(err error) int {
	stderr := f.stderr
	switch {
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintf(stderr, "kofu: %v\n\n%s", err, staffUsage)
		return exitUsage
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "kofu:", err)
		return exitFailed
	}
	return exitDone
}

// staffCommands finds the command that args begin with.
func staffCommands(args []string) (name string, command staffCommand, rest []string) {
	commands := map[string]staffCommand{
		"municipality list": municipalityList, "municipality close": municipalityClose, "municipality open": municipalityOpen,
		"terminal list": terminalList, "terminal add": terminalAdd,
		"terminal suspend": terminalSet(sqlstore.Suspended), "terminal activate": terminalSet(sqlstore.Active), "terminal revoke": terminalSet(sqlstore.Revoked),
		"desk list": deskList, "desk add": deskAdd, "desk suspend": deskSet(false), "desk activate": deskSet(true),
		"administrator add": administratorAdd, "account list": accountList, "account revoke": accountRevoke, "account invite": accountInvite,
		"recall": recall, "blocks import": blocksImport,
		"report": reportBooks, "backup": backup, "log": operations, "log verify": logVerify, "log key new": logKeyNew,
	}
	for n := min(3, len(args)); n > 0; n-- {
		name = strings.Join(args[:n], " ")
		if commands[name] != nil {
			return name, commands[name], args[n:]
		}
	}
	return "", nil, nil
}

// read takes flags before, between and after the words.
func (o *order) read(args []string) error {
	for {
		if err := o.flags.Parse(args); err != nil {
			return err
		}
		if o.flags.NArg() == 0 {
			return nil
		}
		o.words, args = append(o.words, o.flags.Arg(0)), o.flags.Args()[1:]
	}
}

// only returns the one word there must be.
func (o *order) only(what string) (string, error) {
	if len(o.words) != 1 || o.words[0] == "" {
		return "", fmt.Errorf("%w: %s is wanted, and nothing else", errUsage, what)
	}
	return o.words[0], nil
}

// none refuses words.
func (o *order) none() error {
	if len(o.words) > 0 {
		return fmt.Errorf("%w: %q is not understood", errUsage, o.words[0])
	}
	return nil
}

// loggedIn is whose name stands in the log when no other is told.
func loggedIn() string { return cmp.Or(os.Getenv("SUDO_USER"), os.Getenv("USER")) }

// done tells what was done, and under whose name.
func (f office) done(what string, args ...any) {
	_, _ = fmt.Fprintf(f.stdout, what+", by "+"%s\n", append(args, f.by)...)
}

// clockTime is how instants are shown to people: in Japan, to the second.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(cert.JST()).Format(time.RFC3339)
}
