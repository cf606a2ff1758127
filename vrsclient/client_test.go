// SPDX-License-Identifier: Apache-2.0

package vrsclient_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

func openStandIn(t *testing.T) *vrs.Server {
	t.Helper()
	s, err := vrs.Open(vrs.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// connect starts a stand-in and returns a client of it, after edit.
func connect(t *testing.T, edit func(*vrsclient.Config)) (*vrs.Server, *vrsclient.Client) {
	t.Helper()
	s := openStandIn(t)
	run, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Close() })
	c := vrsclient.Config{BaseURL: run.URL, TLS: run.ClientTLS(), Credentials: s.Credentials()}
	if edit != nil {
		edit(&c)
	}
	client, err := vrsclient.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s, client
}

func resident(t *testing.T, words string) vrs.Resident {
	t.Helper()
	all := vrs.Residents()
	i := slices.IndexFunc(all, func(r vrs.Resident) bool { return strings.Contains(r.Case, words) })
	if i < 0 {
		t.Fatalf("no resident whose case says %q", words)
	}
	return all[i]
}

func query(t *testing.T, r vrs.Resident, id cert.IssuanceID) cert.Query {
	t.Helper()
	n, err := cert.ParseMyNumber([]byte(r.Number))
	if err != nil {
		t.Fatal(err)
	}
	return cert.Query{Municipality: r.Municipality, MyNumber: n, Purpose: cert.PurposeCertificate, Issuance: id}
}

// Rows: A1, E1, E3, E6, E7
func TestFindBringsEachResidentsRecord(t *testing.T) {
	_, c := connect(t, nil)
	for _, r := range vrs.Residents() {
		record, err := c.FindForCertificate(t.Context(), query(t, r, "find-"+cert.IssuanceID(r.ID))).Record()
		if want := outcome(r); !errors.Is(err, want) {
			t.Errorf("%s (%s): %v, want %v", r.ID, r.Case, err, want)
		}
		if err != nil {
			continue
		}
		if record.Holder.Name.Reveal() != r.VRSName || record.Holder.BirthDate != r.Birth || record.Holder.Sex != r.Sex {
			t.Errorf("%s: another holder", r.ID)
		}
		if record.Deceased != r.Deceased || record.MovedOut != r.MovedOut || record.Municipality != r.Municipality {
			t.Errorf("%s: other flags", r.ID)
		}
	}
}

// outcome is what the record service says, whatever the rules make of it.
func outcome(r vrs.Resident) error {
	today := cert.DateOf(time.Now())
	switch {
	case r.HomeNo == "":
		return cert.ErrNoRecord
	case !r.BlockFrom.IsZero() && r.BlockFrom.Compare(today) <= 0 && (r.BlockTo.IsZero() || r.BlockTo.Compare(today) >= 0):
		return cert.ErrBlocked
	case r.Check != "":
		return cert.ErrNeedsCheck
	}
	return nil
}

func TestFindBringsDosesAndTheLatestOverseasIssue(t *testing.T) {
	_, c := connect(t, nil)
	record, err := c.FindForCertificate(t.Context(), query(t, resident(t, "two overseas certificates before"), "id")).Record()
	if err != nil {
		t.Fatal(err)
	}
	last := record.LastOverseas
	if last == nil || last.IssuedOn != (cert.Date{Year: 2023, Month: 2, Day: 1}) || last.Passport.Number == "ZZ9999001" {
		t.Error("not the later of two overseas issues")
	}
	record, err = c.FindForCertificate(t.Context(), query(t, resident(t, "(未実施) between"), "id")).Record()
	if err != nil {
		t.Fatal(err)
	}
	d := record.Doses
	if len(d) != 3 || !d[0].Administered || d[1].Administered || d[2].Number != 3 || d[0].Product != "コミナティ" || d[0].Country != "JPN" {
		t.Errorf("doses are not those of the ledger")
	}
}

// Rows: A5
func TestOnlyThePurposeCertificateLeaves(t *testing.T) {
	s, c := connect(t, nil)
	for _, purpose := range []cert.Purpose{"", "transfer-in", "transfer-out", "CERTIFICATE"} {
		q := query(t, resident(t, "doses: 1"), "id")
		q.Purpose = purpose
		_, err := c.FindForCertificate(t.Context(), q).Record()
		if !errors.Is(err, cert.ErrUnavailable) || vrsclient.Cause(err) != vrsclient.CausePurpose {
			t.Errorf("purpose %q: %v", purpose, err)
		}
	}
	if n := s.Faults().Calls("find"); n != 0 {
		t.Errorf("%d calls left", n)
	}
}

// Rows: D4
func TestNoCallLeavesForAMunicipalityWithoutCredential(t *testing.T) {
	s, c := connect(t, func(c *vrsclient.Config) { delete(c.Credentials, "900028") })
	q := query(t, resident(t, "doses: 1"), "id")
	q.Municipality = "900028"
	_, find := c.FindForCertificate(t.Context(), q).Record()
	_, reserve := c.Reserve(t.Context(), cert.ReserveRequest{Municipality: "900028", Subject: "s", Version: "v", Kind: cert.Domestic, Issuance: "i"})
	confirm := c.Confirm(t.Context(), cert.Confirmation{Municipality: "900028", Issuance: "i", ID: "JPN90002820261123000001", IssuedOn: cert.Date{Year: 2026, Month: 11, Day: 23}})
	void := c.Void(t.Context(), "900028", "i")
	for _, err := range []error{find, reserve, confirm, void} {
		if !errors.Is(err, cert.ErrUnavailable) || vrsclient.Cause(err) != vrsclient.CauseNoCredential {
			t.Errorf("got %v", err)
		}
	}
	for _, call := range []string{"find", "reserve", "confirm", "void"} {
		if n := s.Faults().Calls(call); n != 0 {
			t.Errorf("%d calls of %s left", n, call)
		}
	}
}

func TestWhatCannotBeAskedIsNotAsked(t *testing.T) {
	s, c := connect(t, nil)
	q := query(t, resident(t, "doses: 1"), `id","x":"`)
	_, find := c.FindForCertificate(t.Context(), q).Record()
	_, none := c.FindForCertificate(t.Context(), cert.Query{Municipality: "900010", Purpose: cert.PurposeCertificate, Issuance: "i"}).Record()
	_, reserve := c.Reserve(t.Context(), cert.ReserveRequest{Municipality: "900010", Subject: "s", Version: "v", Kind: "both", Issuance: "i"})
	confirm := c.Confirm(t.Context(), cert.Confirmation{Municipality: "900010", Issuance: "i", ID: "JPN90002820261123000001", IssuedOn: cert.Date{Year: 2026, Month: 11, Day: 23}})
	void := c.Void(t.Context(), "900010", "")
	for i, err := range []error{find, none, reserve, confirm, void} {
		if vrsclient.Cause(err) != vrsclient.CauseBadRequest {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n := s.Faults().Calls("find") + s.Faults().Calls("reserve") + s.Faults().Calls("confirm") + s.Faults().Calls("void"); n != 0 {
		t.Errorf("%d calls left", n)
	}
}

// Rows: E5
func TestReserveIsIdempotentAndSaysWhenToStartAgain(t *testing.T) {
	s, c := connect(t, nil)
	p, err := s.Partition(s.Credentials()["900010"])
	if err != nil {
		t.Fatal(err)
	}
	r := resident(t, "doses: 2")
	find := func(id cert.IssuanceID) cert.ReserveRequest {
		record, err := c.FindForCertificate(t.Context(), query(t, r, id)).Record()
		if err != nil {
			t.Fatal(err)
		}
		return cert.ReserveRequest{Municipality: r.Municipality, Subject: record.Subject, Version: record.Version, Kind: cert.Domestic, Issuance: id}
	}
	first := find("first")
	got, err := c.Reserve(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Reserve(t.Context(), first); err != nil || again.ID != got.ID || !again.IssuedAt.Equal(got.IssuedAt) {
		t.Errorf("the same issuance again: %v", err)
	}
	if got.ID.Day() != cert.DateOf(got.IssuedAt) || got.ID.Municipality() != r.Municipality || got.IssuedAt.Nanosecond() != 0 {
		t.Error("the certificate ID does not say when and by whom")
	}
	second := find("second")
	if err := p.Correct(t.Context(), r.Number, "KM1009"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Reserve(t.Context(), second); !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("after a correction: %v", err)
	}
	third := find("third")
	if err := p.Block(t.Context(), r.Number, true); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Reserve(t.Context(), third); !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("after a block: %v", err)
	}
}

func TestVoidedReservationCannotBeConfirmed(t *testing.T) {
	_, c := connect(t, nil)
	r := resident(t, "doses: 3")
	record, err := c.FindForCertificate(t.Context(), query(t, r, "id")).Record()
	if err != nil {
		t.Fatal(err)
	}
	ask := cert.ReserveRequest{Municipality: r.Municipality, Subject: record.Subject, Version: record.Version, Kind: cert.Overseas, Issuance: "id"}
	got, err := c.Reserve(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Void(t.Context(), r.Municipality, "id"); err != nil {
			t.Fatal(err)
		}
	}
	err = c.Confirm(t.Context(), cert.Confirmation{
		Municipality: r.Municipality, Issuance: "id", ID: got.ID, IssuedOn: cert.DateOf(got.IssuedAt), Passport: r.Passport,
	})
	if !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("confirm: %v", err)
	}
	if _, err := c.Reserve(t.Context(), ask); !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("reserve: %v", err)
	}
}

func TestClientIsRefusedWithoutItsCertificateOrTheRightCredential(t *testing.T) {
	other, err := vrs.NewCertificates()
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*vrsclient.Config){
		vrsclient.CauseConnection: func(c *vrsclient.Config) {
			c.TLS = &tls.Config{RootCAs: c.TLS.RootCAs, Certificates: other.ClientTLS().Certificates}
		},
		vrsclient.CauseUnauthorized: func(c *vrsclient.Config) { c.Credentials["900010"] = c.Credentials["900028"] + "x" },
	} {
		_, c := connect(t, edit)
		_, err := c.FindForCertificate(t.Context(), query(t, resident(t, "doses: 1"), "id")).Record()
		if vrsclient.Cause(err) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, c := connect(t, func(c *vrsclient.Config) { c.TLS = other.ClientTLS() })
	if _, err := c.FindForCertificate(t.Context(), query(t, resident(t, "doses: 1"), "id")).Record(); vrsclient.Cause(err) != vrsclient.CauseConnection {
		t.Errorf("a gateway nobody vouches for: %v", err)
	}
	_, c = connect(t, func(c *vrsclient.Config) { c.Credentials["900010"] = c.Credentials["900028"] })
	if _, err := c.FindForCertificate(t.Context(), query(t, resident(t, "doses: 1"), "id")).Record(); vrsclient.Cause(err) != vrsclient.CauseUnauthorized {
		t.Errorf("another municipality's credential: %v", err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	ok := vrsclient.Config{
		BaseURL: "https://gateway.example/vrs", TLS: &tls.Config{Certificates: make([]tls.Certificate, 1)},
		Credentials: map[cert.MunicipalityCode]string{"900010": "secret"},
	}
	if _, err := vrsclient.New(ok); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*vrsclient.Config){
		"plain HTTP":            func(c *vrsclient.Config) { c.BaseURL = "http://gateway.example" },
		"no host":               func(c *vrsclient.Config) { c.BaseURL = "https:///x" },
		"query":                 func(c *vrsclient.Config) { c.BaseURL += "?x=1" },
		"no TLS":                func(c *vrsclient.Config) { c.TLS = nil },
		"no client certificate": func(c *vrsclient.Config) { c.TLS = new(tls.Config) },
		"unverified":            func(c *vrsclient.Config) { c.TLS = c.TLS.Clone(); c.TLS.InsecureSkipVerify = true },
		"no credential":         func(c *vrsclient.Config) { c.Credentials = nil },
		"municipality code":     func(c *vrsclient.Config) { c.Credentials = map[cert.MunicipalityCode]string{"900011": "secret"} },
		"credential":            func(c *vrsclient.Config) { c.Credentials = map[cert.MunicipalityCode]string{"900010": "sec\nret"} },
		"negative time":         func(c *vrsclient.Config) { c.Timeout = -1 },
		"negative number":       func(c *vrsclient.Config) { c.Attempts = -1 },
	} {
		c := ok
		edit(&c)
		_, err := vrsclient.New(c)
		if !errors.Is(err, vrsclient.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(fmt.Sprint(err), "sec") {
			t.Errorf("%s: the error quotes a credential", name)
		}
	}
}

// Rows: A6
func TestConcurrentPeopleEachGetTheirOwn(t *testing.T) {
	_, c := connect(t, func(c *vrsclient.Config) { c.MaxConns = 4; c.Timeout = 20 * time.Second })
	all := vrs.Residents()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range all {
				r := all[(i+g*7)%len(all)]
				record, err := c.FindForCertificate(t.Context(), query(t, r, cert.IssuanceID(fmt.Sprintf("%d-%s", g, r.ID)))).Record()
				if err == nil && (record.Holder.Name.Reveal() != r.VRSName || record.Holder.BirthDate != r.Birth) {
					t.Errorf("%s got somebody else's record", r.ID)
				}
				if vrsclient.Cause(err) != "" {
					t.Errorf("%s: %v", r.ID, err)
				}
			}
		})
	}
	wg.Wait()
}
