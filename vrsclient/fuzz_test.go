// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kofu/cert"
)

// The requests that fuzzed answers are answers to, and the time of asking.
func asked() (about, time.Time) {
	return about{"REQUEST", "900010"}, time.Date(2026, 11, 23, 3, 4, 5, 0, time.UTC)
}

const goodRecord = `{"subject":"S","version":"V","holder":{"name":"見本　一子","birth_date":"1985-03-14","sex":"2"},` +
	`"deceased":false,"moved_out":false,"doses":[{"number":1,"administered":true,"date":"2021-06-10","municipality":"900010",` +
	`"manufacturer":"ファイザー","product":"コミナティ","lot":"KM1001","country":"JPN"}],` +
	`"last_overseas":{"issued_on":"2023-04-01","passport":{"number":"ZZ0000031","primary":"MIHON","secondary":"","nationality":"JPN",` +
	`"issuer":"JPN","birth_date":"1985-03-14","sex":"F","expiry":"2034-05-20"}}}`

func goodFind(f find, n *cert.MyNumber, record string) string {
	mac := hmac.New(sha256.New, f.Nonce)
	mac.Write(n.Digits())
	return fmt.Sprintf(`{"request_id":"REQUEST","municipality":"900010","outcome":"found","as_of":"2026-11-23T03:04:05Z","person_proof":"%s","record":%s}`,
		base64.StdEncoding.EncodeToString(mac.Sum(nil)), record)
}

func FuzzFindAnswer(f *testing.F) {
	about, now := asked()
	q := find{about, "certificate", "ISSUANCE", []byte("sixteen bytes ok")}
	n := number(f)
	good := goodFind(q, n, goodRecord)
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, `"found"`, `"none"`, 1)))
	f.Add([]byte(strings.Replace(good, `"doses":[{`, `"doses":[],"x":[{`, 1)))
	f.Add([]byte(good[:len(good)/2]))
	f.Add([]byte(`{"request_id":"REQUEST","request_id":"REQUEST"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		answer, err := q.read(data, n, now, DefaultMaxAge)
		if err != nil {
			if !errors.Is(err, cert.ErrUnavailable) || Cause(err) == "" {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		record, err := answer.Record()
		if err == nil && (record.Municipality != "900010" || len(record.Doses) == 0 || record.Holder.Name == "" || record.Subject == "" || record.Version == "") {
			t.Fatal("a record that is not whole")
		}
	})
}

func FuzzReserveAnswer(f *testing.F) {
	about, now := asked()
	q := reserve{about, "ISSUANCE", "S", "V", "domestic", false}
	good := `{"request_id":"REQUEST","municipality":"900010","issuance_id":"ISSUANCE","kind":"domestic","outcome":"reserved",` +
		`"certificate_id":"JPN90001020261123000001","issued_at":"2026-11-23T12:04:05+09:00"}`
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "reserved", "record_changed", 1)))
	f.Add([]byte(strings.Replace(good, "05+09:00", "05.5+09:00", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := q.read(data, now)
		if err != nil {
			if !errors.Is(err, cert.ErrUnavailable) && !errors.Is(err, cert.ErrRecordChanged) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		if got.ID.Municipality() != "900010" || got.ID.Day() != cert.DateOf(got.IssuedAt) || got.IssuedAt.Nanosecond() != 0 {
			t.Fatal("a reservation that does not agree with itself")
		}
	})
}

func FuzzConfirmAnswer(f *testing.F) {
	about, _ := asked()
	q := confirm{about: about, Issuance: "ISSUANCE", ID: "JPN90001020261123000001"}
	good := `{"request_id":"REQUEST","municipality":"900010","issuance_id":"ISSUANCE","certificate_id":"JPN90001020261123000001","outcome":"confirmed"}`
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "confirmed", "lapsed", 1)))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := q.read(data); err != nil && !errors.Is(err, cert.ErrUnavailable) && !errors.Is(err, cert.ErrRecordChanged) {
			t.Fatalf("an error of another kind: %v", err)
		}
	})
}

func FuzzVoidAnswer(f *testing.F) {
	about, _ := asked()
	q := void{about: about, Issuance: "ISSUANCE"}
	f.Add([]byte(`{"request_id":"REQUEST","municipality":"900010","issuance_id":"ISSUANCE","outcome":"voided"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := q.read(data); err != nil && !errors.Is(err, cert.ErrUnavailable) {
			t.Fatalf("an error of another kind: %v", err)
		}
	})
}

// Rows: A6, R4.1, R1.8
func TestFindAnswerOfWrongShapeIsUnavailable(t *testing.T) {
	about, now := asked()
	q := find{about, "certificate", "ISSUANCE", []byte("sixteen bytes ok")}
	n := number(t)
	good := goodFind(q, n, goodRecord)
	if _, err := q.read([]byte(good), n, now, DefaultMaxAge); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ old, new, cause string }{
		{`"REQUEST"`, `"request"`, CauseOtherRequest},
		{`"900010","outcome"`, `"900028","outcome"`, CauseOtherMunicipality},
		{`"person_proof":"`, `"person_proof":"A`, CauseOtherPerson},
		{`03:04:05Z`, `02:59:04Z`, CauseStale},
		{`03:04:05Z`, `03:04:16Z`, CauseFuture},
		{`03:04:05Z`, `03:04:05`, CauseMalformed},
		{`"found"`, `"FOUND"`, CauseUnknown},
		{`"found"`, `"none"`, CauseMalformed}, // none, with a record
		{`"found"`, `true`, CauseMalformed},
		{`"record":` + goodRecord, `"record":null`, CauseMalformed},
		{`"record":` + goodRecord, `"record":{}`, CauseRecord},
		{`"record":` + goodRecord, `"record":[]`, CauseRecord},
		{`,"record":` + goodRecord, ``, CauseMalformed},
		{`"outcome"`, `"Outcome"`, CauseMalformed},
		{`"outcome":`, "\"\xff\":0,\"outcome\":", CauseMalformed},
		{`"REQUEST"`, "\"REQUEST\xff\"", CauseOtherRequest},
		{`"found"`, "\"found\xff\"", CauseUnknown},
		{`"deceased":false`, `"deceased":false,"deceased":false`, CauseMalformed}, // doubled names are looked for everywhere at once
		{`"deceased":false`, `"deceased":false,"remark":""`, CauseRecord},
		{`"subject":"S"`, `"subject":""`, CauseRecord},
		{`"version":"V",`, ``, CauseRecord},
		{`"deceased":false,`, ``, CauseRecord},
		{`"moved_out":false`, `"moved_out":null`, CauseRecord},
		{`見本　一子`, ``, CauseRecord},
		{`見本　一子`, "見本\uFFFD", CauseRecord},
		{`見本　一子`, `見本\u0000`, CauseRecord},
		{`見本　一子`, "見本\xff", CauseRecord},
		{`見本　一子`, `\ud842`, CauseRecord},
		{`"birth_date":"1985-03-14","sex":"2"`, `"birth_date":"1985-02-30","sex":"2"`, CauseRecord},
		{`"birth_date":"1985-03-14","sex":"2"`, `"birth_date":"","sex":"2"`, CauseRecord},
		{`"birth_date":"1985-03-14","sex":"2"`, `"birth_date":"19850314","sex":"2"`, CauseRecord},
		{`"sex":"2"`, `"sex":"M"`, CauseRecord},
		{`"sex":"2"`, `"sex":"4"`, CauseRecord},
		{`"number":1`, `"number":"1"`, CauseRecord},
		{`"number":1`, `"number":-1`, CauseRecord},
		{`"number":1,`, ``, CauseRecord},
		{`"administered":true,`, ``, CauseRecord},
		{`"municipality":"900010","manufacturer"`, `"municipality":"900011","manufacturer"`, CauseRecord},
		{`"lot":"KM1001",`, ``, CauseRecord},
		{`"2021-06-10"`, `"2021-06-31"`, CauseRecord},
		{`"issued_on":"2023-04-01"`, `"issued_on":"2023-04"`, CauseRecord},
		{`"sex":"F"`, `"sex":"<"`, CauseRecord},
		{`"secondary":"",`, ``, CauseRecord},
		{`"expiry":"2034-05-20"`, `"expiry":""`, CauseRecord},
	} {
		data := strings.Replace(good, x.old, x.new, 1)
		if data == good {
			t.Fatalf("%s is not in the answer", x.old)
		}
		if _, err := q.read([]byte(data), n, now, DefaultMaxAge); Cause(err) != x.cause {
			t.Errorf("%s → %s: %v, want %s", x.old, x.new, err, x.cause)
		}
	}
}

// Rows: E5
func TestReserveAnswerMustAgreeWithItself(t *testing.T) {
	about, now := asked()
	q := reserve{about, "ISSUANCE", "S", "V", "domestic", false}
	good := `{"request_id":"REQUEST","municipality":"900010","issuance_id":"ISSUANCE","kind":"domestic","outcome":"reserved",` +
		`"certificate_id":"JPN90001020261123000001","issued_at":"2026-11-23T12:04:05+09:00"}`
	if _, err := q.read([]byte(good), now); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ old, new, cause string }{
		{`20261123000001`, `20261122000001`, CauseBadID},
		{`JPN900010`, `JPN900028`, CauseBadID},
		{`20261123000001`, `2026112300001`, CauseBadID},
		{`12:04:05+09:00`, `12:04:05.25+09:00`, CauseMalformed},
		{`12:04:05+09:00`, `12:04:16+09:00`, CauseFuture},
		{`12:04:05+09:00`, `11:34:04+09:00`, CauseStale},
		{`"domestic"`, `"overseas"`, CauseOtherIssuance},
		{`"ISSUANCE"`, `"ISSUANCE2"`, CauseOtherIssuance},
		{`"reserved"`, `"record_changed"`, CauseMalformed},
		{`,"issued_at":"2026-11-23T12:04:05+09:00"`, ``, CauseMalformed},
	} {
		if _, err := q.read([]byte(strings.Replace(good, x.old, x.new, 1)), now); Cause(err) != x.cause {
			t.Errorf("%s → %s: %v, want %s", x.old, x.new, err, x.cause)
		}
	}
	changed := `{"request_id":"REQUEST","municipality":"900010","issuance_id":"ISSUANCE","kind":"domestic","outcome":"record_changed"}`
	if _, err := q.read([]byte(changed), now); !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("record_changed: %v", err)
	}
	// A date in Japan, not in Greenwich.
	early := strings.NewReplacer("20261123000001", "20261124000001", "2026-11-23T12:04:05+09:00", "2026-11-23T15:00:00Z").Replace(good)
	if _, err := q.read([]byte(early), now.Add(12*time.Hour)); err != nil {
		t.Errorf("just after midnight in Japan: %v", err)
	}
}
