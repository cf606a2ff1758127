// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"net/http"

	"kofu/api/counter/staff"
)

// Route is a page, or an act of a page. What stands here holds: nothing else
// decides who comes to a handler.
type Route struct {
	Method string
	Path   string // as gin writes it

	// Stage is how far a session must have come: StageFull is somebody signed
	// in, StagePassword somebody whose second factor is awaited, StageEnrol an
	// enrolment, empty anybody on a registered terminal.
	Stage staff.Stage

	// Allow lists the functions of which an account needs one. Empty, with
	// StageFull: everybody signed in.
	Allow []staff.Function

	// Act tells whether it is the person who did something, and not their page
	// alone. It moves the idle end of the session.
	Act bool

	// Once tells that the answer is a page to be read once, by GET, whatever it
	// says: what was typed here does not stay in the browser's history.
	Once bool

	// Look tells that the page shows what is to be looked at by few: a row says
	// who did, before it is shown (F10). Pages whose rows say more write their
	// own.
	Look bool

	// Fields are the names that the body may have, Query those of the address;
	// anything else is refused. One that may come more than once ends in "*".
	// Only one route has a field for a My Number (A4).
	Fields []string
	Query  []string

	kind   body
	handle func(*visit) error
}

// body is how a request's body is read.
type body int

const (
	formBody body = iota // application/x-www-form-urlencoded, at most 16 KiB
	jsonBody             // application/json, at most 16 KiB
	fileBody             // multipart/form-data with one file, at most 256 KiB
)

// Routes lists every route of the console.
func Routes() []Route {
	var all []Route
	for _, part := range [][]Route{doorRoutes(), clerkRoutes(), approverRoutes(), administratorRoutes(), auditorRoutes()} {
		all = append(all, part...)
	}
	return all
}

const get, post = http.MethodGet, http.MethodPost

// doorRoutes are those of everybody: the way in, the way out, and what stands
// on each page.
func doorRoutes() []Route {
	full, half, enrol := staff.StageFull, staff.StagePassword, staff.StageEnrol
	return []Route{
		{Method: get, Path: "/", handle: (*visit).start},
		{Method: get, Path: "/counter", handle: (*visit).start},
		{Method: get, Path: "/counter/static/:name", handle: (*visit).static},
		{Method: get, Path: "/counter/sign-in", Query: []string{"lang", "notice"}, handle: (*visit).signInPage},
		{Method: post, Path: "/counter/sign-in", Fields: []string{"login", "password", "member", "lang"}, handle: (*visit).signIn},
		{Method: get, Path: "/counter/enrol", Query: []string{"lang"}, handle: (*visit).enrolPage},
		{Method: post, Path: "/counter/enrol", Fields: []string{"login", "code", "password", "repeat", "lang"}, handle: (*visit).enrol},
		{Method: get, Path: "/counter/enrol/factor", Stage: enrol, Act: true, handle: (*visit).factorPage},
		{Method: get, Path: "/counter/enrol/qr", Stage: enrol, handle: (*visit).factorSymbol},
		{Method: get, Path: "/counter/second", Stage: half, Act: true, handle: (*visit).secondPage},
		{Method: post, Path: "/counter/second", Stage: half, Act: true, Fields: []string{"code"}, handle: (*visit).second},
		{Method: post, Path: "/counter/passkey/begin", Stage: half, Act: true, handle: (*visit).passkeyBegin},
		{Method: post, Path: "/counter/passkey/finish", Stage: half, Act: true, kind: jsonBody, handle: (*visit).passkeyFinish},
		{Method: post, Path: "/counter/sign-out", Stage: half, handle: (*visit).signOut},
		{Method: post, Path: "/counter/alive", Stage: half, handle: (*visit).alive},
		{Method: post, Path: "/counter/language", Stage: half, Act: true, Fields: []string{"to", "back"}, handle: (*visit).language},
		{Method: get, Path: "/counter/", Stage: full, Act: true, Query: []string{"notice"}, handle: (*visit).home},
		{Method: get, Path: "/counter/password", Stage: full, Act: true, handle: (*visit).passwordPage},
		{Method: post, Path: "/counter/password", Stage: full, Act: true, Fields: []string{"old", "new", "repeat"}, handle: (*visit).password},
	}
}

// clerkRoutes lead from a search to a certificate, and back from it.
func clerkRoutes() []Route {
	clerk := []staff.Function{staff.Clerk}
	desk := []staff.Function{staff.Clerk, staff.Approver}
	readers := []staff.Function{staff.Clerk, staff.Approver, staff.Administrator, staff.Auditor}
	full := staff.StageFull
	statement := []string{"file", "kind", "document", "applicant", "authority", "purpose", "reason", "mrz", "others", "written"}
	return []Route{
		{Method: get, Path: "/counter/search", Stage: full, Allow: clerk, Act: true, Query: []string{"notice"}, handle: (*visit).searchPage},
		{Method: post, Path: "/counter/search", Stage: full, Allow: clerk, Act: true, Once: true, Fields: []string{"page", "ticket", "mynumber", "name", "birth"}, handle: (*visit).search},
		{Method: post, Path: "/counter/person", Stage: full, Allow: clerk, Act: true, Fields: []string{"person", "file"}, handle: (*visit).person},
		{Method: get, Path: "/counter/answer/:answer", Stage: full, Allow: clerk, handle: (*visit).answer},
		{Method: post, Path: "/counter/preview", Stage: full, Allow: clerk, Act: true, Once: true, Fields: statement, handle: (*visit).review},
		{Method: post, Path: "/counter/certificate", Stage: full, Allow: clerk, Act: true, Fields: []string{"application", "statement", "file", "checked"}, handle: (*visit).issue},
		{Method: post, Path: "/counter/paper", Stage: full, Allow: clerk, Act: true, Fields: []string{"application", "statement"}, handle: (*visit).paper},
		{Method: post, Path: "/counter/waiting", Stage: full, Allow: clerk, Fields: []string{"approval"}, handle: (*visit).waiting},
		{Method: post, Path: "/counter/discard", Stage: full, Allow: clerk, Act: true, Fields: []string{"application"}, handle: (*visit).discard},
		{Method: get, Path: "/counter/void", Stage: full, Allow: clerk, Act: true, handle: (*visit).voidPage},
		{Method: post, Path: "/counter/void", Stage: full, Allow: clerk, Act: true, Fields: []string{"id", "issue", "file"}, handle: (*visit).voidAsk},
		{Method: post, Path: "/counter/void/confirm", Stage: full, Allow: clerk, Act: true, Fields: []string{"void", "reason", "file"}, handle: (*visit).void},
		{Method: get, Path: "/counter/inquiries", Stage: full, Allow: readers, Act: true, Look: true, Query: []string{"notice"}, handle: (*visit).inquiriesPage},
		{Method: post, Path: "/counter/inquiries", Stage: full, Allow: desk, Act: true, Fields: []string{"topic", "by", "answer"}, handle: (*visit).inquiry},
	}
}

func approverRoutes() []Route {
	approver := []staff.Function{staff.Approver}
	full := staff.StageFull
	return []Route{
		{Method: get, Path: "/counter/approvals", Stage: full, Allow: approver, Act: true, Look: true, Query: []string{"notice"}, handle: (*visit).approvalsPage},
		{Method: post, Path: "/counter/approvals/open", Stage: full, Allow: approver, Act: true, Fields: []string{"approval"}, handle: (*visit).approval},
		{Method: post, Path: "/counter/approvals/decide", Stage: full, Allow: approver, Act: true, Fields: []string{"approval", "decision"}, handle: (*visit).decide},
		{Method: get, Path: "/counter/recall", Stage: full, Allow: approver, Act: true, Look: true, Query: []string{"notice"}, handle: (*visit).recallPage},
		{Method: post, Path: "/counter/recall", Stage: full, Allow: approver, Act: true, Fields: []string{"operator", "day", "hour"}, handle: (*visit).recallAsk},
		{Method: post, Path: "/counter/recall/confirm", Stage: full, Allow: approver, Act: true, Fields: []string{"recall", "reason"}, handle: (*visit).recall},
	}
}

// administratorRoutes see staff and terminals, and no applicant.
func administratorRoutes() []Route {
	admin := []staff.Function{staff.Administrator}
	both := []staff.Function{staff.Administrator, staff.Auditor} // who has which right is also looked at by the auditor (F9)
	full := staff.StageFull
	added := []string{"login", "name", "staff_number", "function*", "valid_until", "terminal*", "shared_purpose", "shared_until", "roster"}
	return []Route{
		{Method: get, Path: "/counter/accounts", Stage: full, Allow: both, Act: true, Look: true, Query: []string{"notice"}, handle: (*visit).accountsPage},
		{Method: get, Path: "/counter/accounts.csv", Stage: full, Allow: both, Act: true, handle: (*visit).accountsCSV},
		{Method: get, Path: "/counter/accounts/add", Stage: full, Allow: admin, Act: true, Look: true, handle: (*visit).accountAddPage},
		{Method: post, Path: "/counter/accounts/add", Stage: full, Allow: admin, Act: true, Fields: added, handle: (*visit).accountAdd},
		{Method: post, Path: "/counter/accounts/import", Stage: full, Allow: admin, Act: true, Fields: []string{"file"}, kind: fileBody, handle: (*visit).accountImport},
		{Method: get, Path: "/counter/accounts/id/:account", Stage: full, Allow: admin, Act: true, Query: []string{"notice"}, handle: (*visit).accountPage},
		{Method: post, Path: "/counter/accounts/id/:account/change", Stage: full, Allow: admin, Act: true, Fields: []string{"state", "valid_until", "function*", "roster"}, handle: (*visit).accountChange},
		{Method: post, Path: "/counter/accounts/id/:account/revoke", Stage: full, Allow: admin, Act: true, Fields: []string{"sure"}, handle: (*visit).accountRevoke},
		{Method: post, Path: "/counter/accounts/id/:account/invite", Stage: full, Allow: admin, Act: true, handle: (*visit).accountInvite},
		{Method: get, Path: "/counter/terminals", Stage: full, Allow: both, Act: true, Look: true, Query: []string{"notice"}, handle: (*visit).terminalsPage},
		{Method: get, Path: "/counter/terminals/id/:terminal", Stage: full, Allow: admin, Act: true, handle: (*visit).terminalPage},
		{Method: post, Path: "/counter/terminals/id/:terminal", Stage: full, Allow: admin, Act: true, Fields: []string{"user*", "shown*", "active", "was"}, handle: (*visit).terminalChange},
	}
}

// auditorRoutes look, and change nothing but what says that somebody looked.
func auditorRoutes() []Route {
	auditor := []staff.Function{staff.Auditor}
	both := []staff.Function{staff.Administrator, staff.Auditor}
	full := staff.StageFull
	filter := []string{"operator", "terminal", "operation", "subject", "from", "until"}
	return []Route{
		{Method: get, Path: "/counter/log", Stage: full, Allow: auditor, Act: true, Query: append([]string{"before"}, filter...), handle: (*visit).logPage},
		{Method: get, Path: "/counter/log.csv", Stage: full, Allow: auditor, Act: true, Query: filter, handle: (*visit).logCSV},
		{Method: get, Path: "/counter/alerts", Stage: full, Allow: auditor, Act: true, Look: true, Query: []string{"all", "notice"}, handle: (*visit).alertsPage},
		{Method: post, Path: "/counter/alerts/close", Stage: full, Allow: auditor, Act: true, Fields: []string{"alert", "finding"}, handle: (*visit).alertClose},
		{Method: get, Path: "/counter/reviews", Stage: full, Allow: both, Act: true, Look: true, Query: []string{"notice"}, handle: (*visit).reviewsPage},
		{Method: post, Path: "/counter/reviews", Stage: full, Allow: both, Act: true, Fields: []string{"of", "from", "until", "finding"}, handle: (*visit).reviewAdd},
		{Method: get, Path: "/counter/report", Stage: full, Allow: auditor, Act: true, Query: []string{"from", "until"}, handle: (*visit).reportPage},
		{Method: get, Path: "/counter/report.csv", Stage: full, Allow: auditor, Act: true, Query: []string{"from", "until"}, handle: (*visit).reportCSV},
	}
}
