// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kofu/cert"
)

// RowError is what is wrong with a row of a bulk file, counted from 1 without
// the heading; 0 is the file itself.
type RowError struct {
	Row    int
	Column string
	Code   string // a key of the console's texts: one of RowCodes
}

// The columns of a bulk file.
const (
	colLogin     = "login"
	colName      = "name"
	colNumber    = "staff_number"
	colFunctions = "functions"
	colUntil     = "valid_until"
	colTerminals = "terminals"
	colPurpose   = "shared_purpose"
	colSharedTo  = "shared_until"
	colRoster    = "roster"
)

// What may be wrong.
const (
	codeHeading   = "heading"    // the first line is not the heading
	codeEncoding  = "encoding"   // not UTF-8
	codeRows      = "rows"       // none, or more than 500
	codeCells     = "cells"      // too few or too many, or quotes that do not close
	codeForm      = "form"       // not written as that column is
	codeMissing   = "missing"    //
	codeTwice     = "twice"      // in the same file, or in the same list
	codeTaken     = "taken"      // by an account of before
	codePast      = "past"       // a day that has passed
	codeFar       = "far"        // more than three years ahead
	codeOrder     = "order"      // ends before it begins
	codeTogether  = "together"   // functions that one account cannot have
	codeNotHere   = "not_here"   // an administrator: only on the command line
	codeNotShared = "not_shared" // a function, or a number, that a shared ID cannot have
	codeFew       = "few"        // fewer than two members
	codeMany      = "many"       //
	codeNone      = "none"       // no such terminal in this municipality
	codeApprover  = "approver"   // approves with an ID of their own, and could ask with this one
)

// RowCodes lists the codes, for a test that each has its text.
func RowCodes() []string {
	return []string{codeHeading, codeEncoding, codeRows, codeCells, codeForm, codeMissing, codeTwice, codeTaken, codePast, codeFar,
		codeOrder, codeTogether, codeNotHere, codeNotShared, codeFew, codeMany, codeNone, codeApprover}
}

const (
	validYears  = 3 // at most
	mostMembers = 50
	mostText    = 64 // characters of a name or purpose
)

// system is what the log calls the program itself.
const system = "kofu"

var (
	numberForm   = regexp.MustCompile(`^[A-Za-z0-9-]{1,20}$`)
	terminalForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

// faults gathers what is wrong with one row.
type faults struct {
	row  int
	list []RowError
}

func (f *faults) add(column, code string) {
	f.list = append(f.list, RowError{Row: f.row, Column: column, Code: code})
}

// line reports whether s is one line of text that can be shown.
func line(s string) bool {
	return s != "" && s == strings.TrimSpace(s) && utf8.ValidString(s) && utf8.RuneCountInString(s) <= mostText &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u3000' })
}

// form judges what needs neither a clock nor the registry.
func (d Draft) form(f *faults) {
	switch {
	case !loginForm.MatchString(d.Login):
		f.add(colLogin, codeForm)
	case d.Login == system:
		f.add(colLogin, codeTaken)
	}
	if !line(d.Name) {
		f.add(colName, codeForm)
	}
	switch {
	case d.Shared != nil && d.StaffNumber != "":
		f.add(colNumber, codeNotShared)
	case d.Shared == nil && d.StaffNumber == "":
		f.add(colNumber, codeMissing)
	case d.Shared == nil && !numberForm.MatchString(d.StaffNumber):
		f.add(colNumber, codeForm)
	}
	if code := together(d.Functions, d.Shared != nil); code != "" {
		f.add(colFunctions, code)
	}
	if !d.ValidUntil.Full() {
		f.add(colUntil, codeForm)
	}
	for _, t := range d.Terminals {
		if !terminalForm.MatchString(t) {
			f.add(colTerminals, codeForm)
			break
		}
	}
	if d.Shared != nil {
		d.Shared.form(f, d.Terminals)
	}
}

func (sh Shared) form(f *faults, terminals []string) {
	if len(terminals) == 0 {
		f.add(colTerminals, codeMissing)
	}
	if !line(sh.Purpose) {
		f.add(colPurpose, codeForm)
	}
	if !sh.Until.Full() {
		f.add(colSharedTo, codeForm)
	}
	if code := rosterFault(sh.Roster); code != "" {
		f.add(colRoster, code)
	}
}

// rosterFault judges who may use a shared ID: two or more, or it would be
// somebody's own.
func rosterFault(roster []Member) string {
	seen := map[string]bool{}
	for _, m := range roster {
		switch {
		case !numberForm.MatchString(m.StaffNumber), !line(m.Name), !m.From.Full(), !m.Until.Full():
			return codeForm
		case m.Until.Compare(m.From) < 0:
			return codeOrder
		case seen[foldNumber(m.StaffNumber)]:
			return codeTwice
		}
		seen[foldNumber(m.StaffNumber)] = true
	}
	switch {
	case len(roster) < 2:
		return codeFew
	case len(roster) > mostMembers:
		return codeMany
	}
	return ""
}

// together judges functions of one account: least rights, and no two that
// would make somebody their own judge.
func together(fs []Function, shared bool) string {
	if len(fs) == 0 {
		return codeMissing
	}
	for i, f := range fs {
		if !slices.Contains(Functions(), f) {
			return codeForm
		}
		if slices.Contains(fs[:i], f) {
			return codeTwice
		}
	}
	has := func(f Function) bool { return slices.Contains(fs, f) }
	switch {
	case (has(Administrator) || has(Auditor)) && len(fs) > 1:
		return codeTogether
	case has(Protected) && len(fs) == 1:
		return codeTogether
	case shared && !has(Clerk), shared && len(fs) > 1:
		return codeNotShared
	}
	return ""
}

// soon judges the last day of something: today or later, and not for ever.
func soon(d, today cert.Date) string {
	most := cert.Date{Year: today.Year + validYears, Month: today.Month, Day: today.Day}
	switch {
	case d.Compare(today) < 0:
		return codePast
	case d.Compare(most) > 0:
		return codeFar
	}
	return ""
}

// foldNumber forgives capitals and full-width letters: staff numbers that
// differ in nothing else are one person's.
func foldNumber(s string) string {
	return strings.ToLower(strings.TrimSpace(strings.Map(halfWidth, s)))
}

func samePerson(a, b string) bool { return foldNumber(a) == foldNumber(b) }

// beside judges an account among the others of its municipality. A person has
// one account of their own, and whoever gives rights, approves or looks into
// the log is on no roster of a shared ID: nobody is on both sides.
func beside(a Account, others []Account) (column, code string) {
	for _, o := range others {
		if o.ID == a.ID {
			continue
		}
		if o.Login == a.Login {
			return colLogin, codeTaken
		}
		if o.State == Revoked || a.State == Revoked {
			continue
		}
		switch {
		case a.Shared == nil && o.Shared == nil && samePerson(a.StaffNumber, o.StaffNumber) && !(a.Has(Administrator) && o.Has(Administrator)):
			return colNumber, codeTaken
		case mixes(a, o):
			return colFunctions, apart(a)
		case mixes(o, a):
			return colRoster, apart(o)
		}
	}
	return "", ""
}

// apart says why whoever has the account a may use no shared ID, or nothing.
func apart(a Account) string {
	switch {
	case a.Has(Approver):
		return codeApprover
	case a.Has(Administrator), a.Has(Auditor):
		return codeTogether
	}
	return ""
}

// mixes reports whether a is of a person who may use no shared ID, and who
// is on the roster of b.
func mixes(a, b Account) bool {
	return a.Shared == nil && b.Shared != nil && apart(a) != "" &&
		slices.ContainsFunc(b.Shared.Roster, func(m Member) bool { return samePerson(m.StaffNumber, a.StaffNumber) })
}
