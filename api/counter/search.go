// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"errors"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// candidates is what a search found.
type candidates struct {
	cert.Redacted
	Found []candidateView
}

// searchView is the form. Page is a handle of the session: a body that is sent
// again under another one, by Back or a restored browser, searches for nobody.
type searchView struct{ Page string }

func (v *visit) searchForm() searchView {
	return searchView{v.Staff.SealHandle(v.session, "search", "")}
}

func (v *visit) searchPage() error { return v.show("search", "search.title", v.searchForm()) }

// search finds persons by one of three keys (A4, E8). What was typed is not
// shown again, whatever comes of it.
func (v *visit) search() error {
	if _, err := v.open("search", v.form.raw("page")); err != nil {
		return err
	}
	q, by, faults, err := v.readSearch()
	defer q.MyNumber.Wipe()
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return v.searchAgain(faults)
	}
	found, err := v.Persons.Search(v.ctx(), q)
	many := errors.Is(err, cert.ErrTooMany)
	if errors.Is(err, cert.ErrNoRecord) {
		found, err = nil, nil
	}
	if err != nil && !many {
		return v.logFailed(err, staff.OpSearch, "purpose", string(cert.PurposeCertificate), "by", by, "found", "unavailable")
	}
	count := itoa(len(found))
	if many {
		count = "many"
	}
	if err := v.log(staff.OpSearch, "", "purpose", string(cert.PurposeCertificate), "by", by, "found", count); err != nil {
		return err
	}
	v.watch(staff.OpSearch, "")
	switch {
	case many:
		return v.searchAgain([]fault{v.faultOf(by, "too_many")})
	case len(found) == 0:
		return v.searchAgain([]fault{v.faultOf(by, "none_found")})
	}
	return v.show("found", "found.title", candidates{Found: v.viewFound(found)})
}

func (v *visit) searchAgain(faults []fault) error {
	return v.showFaults("search", "search.title", v.searchForm(), faults)
}

func (v *visit) viewFound(found []cert.Candidate) (list []candidateView) {
	for _, c := range found {
		list = append(list, candidateView{holderView: viewHolder(c.Holder, c.Kana), Protected: c.Protected && v.entitled(),
			Handle: v.Staff.SealHandle(v.session, "person", string(c.Ref))})
	}
	return list
}

// readSearch reads the one key that was filled in. by names it, in the log as
// on the page. err is that something could not be logged. The caller wipes the
// My Number.
func (v *visit) readSearch() (q cert.Search, by string, faults []fault, err error) {
	q.Municipality, q.Purpose = v.own(), cert.PurposeCertificate
	ticket, number := filled(v.form.raw("ticket")), filled(v.form.raw("mynumber"))
	name, birth := filled(v.form.raw("name")), filled(v.form.raw("birth"))
	keys := 0
	for _, set := range []bool{len(ticket) > 0, len(number) > 0, len(name) > 0 || len(birth) > 0} {
		if set {
			keys++
		}
	}
	switch {
	case keys == 0:
		return q, "ticket", []fault{v.faultOf("ticket", "no_key")}, nil
	case keys > 1:
		return q, "ticket", []fault{v.faultOf("ticket", "one_key")}, nil
	case len(ticket) > 0:
		return v.readTicketKey(q, ticket)
	case len(number) > 0:
		var wrong error
		if q.MyNumber, wrong = readMyNumber(number); wrong != nil {
			faults = append(faults, v.faultOf("mynumber", "my_number"))
		}
		return q, "mynumber", faults, nil
	}
	q, faults = v.readNameKey(q, name, birth)
	return q, "name", faults, nil
}

// readTicketKey reads a ticket number. One of another municipality is on
// record, without the number, and raises no alert: applicants bring what they
// have.
func (v *visit) readTicketKey(q cert.Search, typed []byte) (cert.Search, string, []fault, error) {
	var wrong error
	q.Ticket, wrong = readTicket(typed, v.own())
	switch {
	case errors.Is(wrong, errTicketCity):
		return q, "ticket", []fault{v.faultOf("ticket", "ticket_city")}, v.denied(wrong, "other_city")
	case wrong != nil:
		return q, "ticket", []fault{v.faultOf("ticket", "ticket")}, nil
	}
	return q, "ticket", nil, nil
}

func (v *visit) readNameKey(q cert.Search, name, birth []byte) (cert.Search, []fault) {
	var faults []fault
	if len(name) == 0 || len(name) > 300 || numbers(name) {
		faults = append(faults, v.faultOf("name", "name"))
	} else {
		q.Name = cert.Private(name)
	}
	ok := len(birth) > 0 && len(birth) <= 64
	if ok {
		q.BirthDate, ok = readBirthDate(string(birth))
	}
	if !ok {
		faults = append(faults, v.faultOf("birth", "birth"))
	}
	return q, faults
}

// filled returns what is between spaces, without a copy.
func filled(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t' || b[len(b)-1] == '\r' || b[len(b)-1] == '\n') {
		b = b[:len(b)-1]
	}
	return b
}

// numbers reports a digit in a name: somebody has taken the wrong field, and a
// My Number must not become a string.
func numbers(name []byte) bool {
	for i := range name {
		if name[i] >= '0' && name[i] <= '9' {
			return true
		}
		// full-width digits are EF BC 90 to EF BC 99
		if name[i] == 0xef && i+2 < len(name) && name[i+1] == 0xbc && name[i+2] >= 0x90 && name[i+2] <= 0x99 {
			return true
		}
	}
	return false
}
