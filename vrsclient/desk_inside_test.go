// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kofu/cert"
)

const (
	goodRef    = "LX3K5ZPTQ2R7WUM4VJHN6YABCD"
	goodHandle = "Zt7pQ0mJ3xUu5dYk9aBcEw"
	goodPerson = `{"ref":"` + goodRef + `","handle":"` + goodHandle + `","holder":{"name":"見本　一子","birth_date":"1985-03-14","sex":"2"},"kana":"ミホン　カズコ","protected":false}`
	goodFile   = `{"handle":"` + goodHandle + `","kana":"ミホン　カズコ","check":"","block":{"class":"protective","from":"2024-04-01","until":"2099-01-01"},` +
		`"issues":[{"certificate_id":"JPN90001020230401000001","kind":"overseas","issued_on":"2023-04-01","state":"confirmed"}],"record":` + goodRecord + `}`
)

func nonce() []byte { return []byte("sixteen bytes ok") }

func proof(what string) string { return base64.StdEncoding.EncodeToString(textProof(nonce(), what)) }

func goodSearch(proof, persons string) string {
	return fmt.Sprintf(`{"request_id":"REQUEST","municipality":"900010","outcome":"found","as_of":"2026-11-23T03:04:05Z"%s,"persons":[%s]}`, proof, persons)
}

func goodOpen() string {
	return fmt.Sprintf(`{"request_id":"REQUEST","municipality":"900010","issuance_id":"ISSUANCE","outcome":"found","as_of":"2026-11-23T03:04:05Z","person_proof":"%s","file":%s}`,
		proof(goodHandle), goodFile)
}

// askedByName and askedByTicket are searches that fuzzed answers are answers to.
func askedByName() (search, cert.Search) {
	about, _ := asked()
	day := cert.Date{Year: 1985, Month: 3, Day: 14}
	return search{about, "certificate", nonce(), "", "見本一子", day.String()}, cert.Search{Name: "見本一子", BirthDate: day}
}

func askedByTicket() (search, cert.Search) {
	about, _ := asked()
	return search{about, "certificate", nonce(), "7000000100", "", ""}, cert.Search{Ticket: "7000000100"}
}

func askedToOpen(t testing.TB) (o open, m string) {
	t.Helper()
	about, _ := asked()
	h := cert.Holder{Name: "見本　一子", BirthDate: cert.Date{Year: 1985, Month: 3, Day: 14}, Sex: 2}
	ref, m, ok := cutPersonRef(personRef(goodRef, goodHandle, h))
	if !ok || ref != goodRef {
		t.Fatal("a reference does not come apart again")
	}
	return open{about, "certificate", "ISSUANCE", nonce(), goodRef}, m
}

func FuzzSearchAnswer(f *testing.F) {
	_, now := asked()
	name, byName := askedByName()
	ticket, byTicket := askedByTicket()
	f.Add([]byte(goodSearch("", goodPerson)))
	f.Add([]byte(goodSearch(`,"person_proof":"`+proof("7000000100")+`"`, goodPerson)))
	f.Add([]byte(goodSearch("", goodPerson+","+goodPerson)))
	f.Add([]byte(strings.Replace(goodSearch("", ""), `"found"`, `"too_many"`, 1)))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, x := range []struct {
			ask search
			q   cert.Search
		}{{name, byName}, {ticket, byTicket}} {
			got, err := x.ask.read(bytes.Clone(data), x.q, now, DefaultMaxAge)
			if err != nil {
				if !errors.Is(err, cert.ErrUnavailable) || got.value != nil || got.refusal != nil {
					t.Fatalf("an error of another kind: %v", err)
				}
				continue
			}
			if (len(got.value) == 0) == (got.refusal == nil) || len(got.value) > maxCandidates {
				t.Fatal("neither persons nor a refusal")
			}
			for _, c := range got.value {
				if _, _, ok := cutPersonRef(c.Ref); !ok || c.Holder.Name == "" {
					t.Fatal("a candidate who is not whole")
				}
			}
		}
	})
}

func FuzzOpenAnswer(f *testing.F) {
	_, now := asked()
	o, m := askedToOpen(f)
	f.Add([]byte(goodOpen()))
	f.Add([]byte(strings.Replace(goodOpen(), `"found"`, `"none"`, 1)))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := o.read(data, m, now, DefaultMaxAge)
		switch {
		case err != nil && (!errors.Is(err, cert.ErrUnavailable) || got.value != nil):
			t.Fatalf("an error of another kind: %v", err)
		case err == nil && got.refusal == nil && (got.value.Handle != goodHandle || len(got.value.Doses) == 0):
			t.Fatal("a file that is not whole")
		}
	})
}

func FuzzCutPersonRef(f *testing.F) {
	f.Add(goodRef + "-AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("-")
	f.Fuzz(func(t *testing.T, text string) {
		if ref, mark, ok := cutPersonRef(cert.PersonRef(text)); ok && ref+"-"+mark != text {
			t.Fatal("a reference with more in it")
		}
	})
}

func FuzzInvalidateAnswer(f *testing.F) {
	about, _ := asked()
	i := invalidate{about, "JPN90001020261123000001"}
	f.Add([]byte(`{"request_id":"REQUEST","municipality":"900010","certificate_id":"JPN90001020261123000001","outcome":"invalidated"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := i.read(data); err != nil && !errors.Is(err, cert.ErrUnavailable) {
			t.Fatalf("an error of another kind: %v", err)
		}
	})
}

func FuzzBlocksAnswer(f *testing.F) {
	about, _ := asked()
	b := blocks{about, false, make([]blockRow, 3)}
	good := `{"request_id":"REQUEST","municipality":"900010","dry_run":false,"count":3,"outcome":"rejected","rejected":[1,3]}`
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "1,3", "3,1", 1)))
	f.Add([]byte(strings.Replace(good, "1,3", "4", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := b.read(data)
		if err != nil && (!errors.Is(err, cert.ErrUnavailable) || got.refusal != nil) {
			t.Fatalf("an error of another kind: %v", err)
		}
		if e, ok := errors.AsType[*cert.BlockError](got.refusal); ok && !b.rows(e.Rows) {
			t.Fatal("rows that the list does not have")
		}
	})
}

// Rows: A6, R4.1, R1.8
func TestSearchAnswerOfWrongShapeIsUnavailable(t *testing.T) {
	_, now := asked()
	q, by := askedByName()
	second := strings.NewReplacer(goodRef, "AAAAAAAAAAAAAAAAAAAAAAAAAA", goodHandle, "AAAAAAAAAAAAAAAAAAAAAA").Replace(goodPerson)
	good := goodSearch("", goodPerson+","+second)
	if got, err := q.read([]byte(good), by, now, DefaultMaxAge); err != nil || len(got.value) != 2 {
		t.Fatal(err)
	}
	for _, x := range []struct{ old, new, cause string }{
		{`"REQUEST"`, `"request"`, CauseOtherRequest},
		{`"900010"`, `"900028"`, CauseOtherMunicipality},
		{`,"persons"`, `,"person_proof":"` + proof("7000000100") + `","persons"`, CauseOtherPerson},
		{`03:04:05Z`, `02:59:04Z`, CauseStale},
		{`03:04:05Z`, `03:04:16Z`, CauseFuture},
		{`"found"`, `"none"`, CauseMalformed},
		{`"found"`, `"too_many"`, CauseMalformed},
		{`"found"`, `"perhaps"`, CauseMalformed}, // with persons
		{good[strings.Index(good, `[`):], `[]}`, CauseMalformed},
		{good[strings.Index(good, `[`):], `null}`, CauseMalformed},
		{good[strings.Index(good, `[`):], `{}}`, CauseRecord},
		{second, goodPerson, CauseMalformed},                                                     // one person twice
		{second, strings.Replace(goodPerson, goodRef, goodRef+"A", 1), CauseMalformed},           // one record twice
		{second, strings.Replace(goodPerson, goodHandle, goodHandle+"A", 1), CauseMalformed},     // one reference twice
		{`"1985-03-14","sex"`, `"1985-03-15","sex"`, CauseOtherPerson},                           // born on another day
		{`"ref":"` + goodRef, `"ref":"short`, CauseRecord},                                       //
		{`"ref":"` + goodRef, `"ref":"` + goodRef + `-`, CauseRecord},                            // a mark begins with it
		{`"handle":"` + goodHandle, `"handle":"short`, CauseRecord},                              //
		{`"kana":"ミホン　カズコ",`, ``, CauseRecord},                                                   //
		{`ミホン　カズコ`, "ミホン\uFFFD", CauseRecord},                                                    //
		{`,"protected":false`, ``, CauseRecord},                                                  //
		{`"sex":"2"`, `"sex":"4"`, CauseRecord},                                                  //
		{`"protected":false`, `"protected":false,"remark":""`, CauseRecord},                      //
		{`"outcome"`, `"Outcome"`, CauseMalformed},                                               //
		{`"protected":false`, `"protected":false,"protected":false`, CauseMalformed},             //
		{`"kana":"ミホン　カズコ"`, `"kana":"ミホン　カズコ","individual_number":"900000001377"`, CauseRecord}, // no answer has it
	} {
		data := strings.Replace(good, x.old, x.new, 1)
		if data == good {
			t.Fatalf("%s is not in the answer", x.old)
		}
		if _, err := q.read([]byte(data), by, now, DefaultMaxAge); Cause(err) != x.cause {
			t.Errorf("%s → %s: %v, want %s", x.old, x.new, err, x.cause)
		}
	}
	// A ticket number is one person's, proved, and never too many's.
	q, by = askedByTicket()
	proved := `,"person_proof":"` + proof("7000000100") + `"`
	for _, x := range []struct{ data, cause string }{
		{goodSearch(proved, goodPerson), ""},
		{goodSearch(proved, goodPerson+","+second), CauseMalformed},
		{goodSearch("", goodPerson), CauseOtherPerson},
		{goodSearch(`,"person_proof":"`+proof("7000000101")+`"`, goodPerson), CauseOtherPerson},
		{strings.Replace(goodSearch(proved, ""), `"found"`, `"too_many"`, 1), CauseMalformed},
		{`{"request_id":"REQUEST","municipality":"900010","outcome":"too_many","as_of":"2026-11-23T03:04:05Z"` + proved + `}`, CauseUnknown},
	} {
		if _, err := q.read([]byte(x.data), by, now, DefaultMaxAge); Cause(err) != x.cause {
			t.Errorf("%s: %v, want %s", x.data, err, x.cause)
		}
	}
}

func TestTooManyAreNotARecordNorNobody(t *testing.T) {
	_, now := asked()
	q, by := askedByName()
	for outcome, want := range map[string]error{"too_many": cert.ErrTooMany, "none": cert.ErrNoRecord} {
		data := `{"request_id":"REQUEST","municipality":"900010","outcome":"` + outcome + `","as_of":"2026-11-23T03:04:05Z"}`
		if got, err := q.read([]byte(data), by, now, DefaultMaxAge); err != nil || got.refusal != want || got.value != nil {
			t.Errorf("%s: %v, %v", outcome, got.refusal, err)
		}
	}
}

// Rows: A6, R4.1, R1.8
func TestOpenAnswerOfWrongShapeIsUnavailable(t *testing.T) {
	_, now := asked()
	o, m := askedToOpen(t)
	good := goodOpen()
	if got, err := o.read([]byte(good), m, now, DefaultMaxAge); err != nil || got.value.Block.Until.Year != 2099 || len(got.value.Issues) != 1 {
		t.Fatal(err)
	}
	none := `{"request_id":"REQUEST","municipality":"900010","issuance_id":"ISSUANCE","outcome":"none","as_of":"2026-11-23T03:04:05Z","person_proof":"`
	if got, err := o.read([]byte(none+proof(goodRef)+`"}`), m, now, DefaultMaxAge); err != nil || got.refusal != cert.ErrNoRecord {
		t.Fatal(err)
	}
	if _, err := o.read([]byte(none+proof("another")+`"}`), m, now, DefaultMaxAge); Cause(err) != CauseOtherPerson {
		t.Errorf("nobody, to another reference: %v", err)
	}
	const other = "AAAAAAAAAAAAAAAAAAAAAA"
	for _, x := range []struct{ old, new, cause string }{
		{`"REQUEST"`, `"request"`, CauseOtherRequest},
		{`"900010"`, `"900028"`, CauseOtherMunicipality},
		{`"ISSUANCE"`, `"issuance"`, CauseOtherIssuance},
		{`03:04:05Z`, `02:59:04Z`, CauseStale},
		{`03:04:05Z`, `03:04:16Z`, CauseFuture},
		{`"found"`, `"none"`, CauseMalformed},
		{`"found"`, `"perhaps"`, CauseUnknown},
		{goodFile, `null`, CauseMalformed},
		{goodFile, `{}`, CauseOtherPerson},
		{goodFile, `[]`, CauseRecord},
		{proof(goodHandle), proof(other), CauseOtherPerson},
		{`"handle":"` + goodHandle, `"handle":"` + other, CauseOtherPerson}, // not proved
		{`見本　一子`, `見本　二子`, CauseOtherPerson},                                // another holder than was shown
		{`"birth_date":"1985-03-14","sex":"2"`, `"birth_date":"1985-03-15","sex":"2"`, CauseOtherPerson},
		{`"sex":"2"`, `"sex":"1"`, CauseOtherPerson},
		{`"check":""`, `"check":"?"`, CauseRecord},
		{`"check":"",`, ``, CauseRecord},
		{`"kana":"ミホン　カズコ",`, ``, CauseRecord},
		{`"protective"`, `"banana"`, CauseRecord},
		{`"from":"2024-04-01"`, `"from":"2024-04"`, CauseRecord},
		{`"until":"2099-01-01"`, `"until":"2023-01-01"`, CauseRecord},
		{`"state":"confirmed"`, `"state":"voided"`, CauseRecord},
		{`"kind":"overseas"`, `"kind":"both"`, CauseRecord},
		{`JPN900010`, `JPN900028`, CauseRecord},
		{`"issued_on":"2023-04-01","state"`, `"issued_on":"2023-04-02","state"`, CauseRecord},
		{`"issues":[`, `"issues":null,"x":[`, CauseRecord},
		{`"doses":[{`, `"doses":[],"x":[{`, CauseRecord},
		{`"record":` + goodRecord, `"record":null`, CauseRecord},
		{`"kana":"ミホン　カズコ"`, `"kana":"ミホン　カズコ","individual_number":"900000001377"`, CauseRecord},
	} {
		data := strings.Replace(good, x.old, x.new, 1)
		if data == good {
			t.Fatalf("%s is not in the answer", x.old)
		}
		if _, err := o.read([]byte(data), m, now, DefaultMaxAge); Cause(err) != x.cause {
			t.Errorf("%s → %s: %v, want %s", x.old, x.new, err, x.cause)
		}
	}
	// Another person's file, proof and all, under a request of this very kind.
	swapped := strings.NewReplacer(goodHandle, other, proof(goodHandle), proof(other)).Replace(good)
	if _, err := o.read([]byte(swapped), m, now, DefaultMaxAge); Cause(err) != CauseOtherPerson {
		t.Errorf("another record that is proved: %v", err)
	}
}

func TestBlocksAndInvalidateAnswersMustAgreeWithWhatWasAsked(t *testing.T) {
	about, _ := asked()
	b := blocks{about, true, make([]blockRow, 3)}
	good := `{"request_id":"REQUEST","municipality":"900010","dry_run":true,"count":3,"outcome":"rejected","rejected":[1,3]}`
	for _, x := range []struct{ old, new, cause string }{
		{`"REQUEST"`, `"request"`, CauseOtherRequest},
		{`true`, `false`, CauseOtherList},
		{`"dry_run":true,`, ``, CauseOtherList},
		{`"count":3`, `"count":2`, CauseOtherList},
		{`"count":3,`, ``, CauseOtherList},
		{`"rejected","rejected"`, `"accepted","rejected"`, CauseMalformed},
		{`,"rejected":[1,3]`, ``, CauseMalformed},
		{`[1,3]`, `[]`, CauseMalformed},
		{`[1,3]`, `[3,1]`, CauseMalformed},
		{`[1,3]`, `[1,1]`, CauseMalformed},
		{`[1,3]`, `[0]`, CauseMalformed},
		{`[1,3]`, `[4]`, CauseMalformed},
		{`"outcome":"rejected"`, `"outcome":"half"`, CauseUnknown},
		{`"count"`, `"Count"`, CauseMalformed},
	} {
		got, err := b.read([]byte(strings.Replace(good, x.old, x.new, 1)))
		if Cause(err) != x.cause || got.refusal != nil {
			t.Errorf("%s → %s: %v, want %s", x.old, x.new, err, x.cause)
		}
	}
	i := invalidate{about, "JPN90001020261123000001"}
	for text, cause := range map[string]string{
		`{"request_id":"REQUEST","municipality":"900010","certificate_id":"JPN90001020261123000002","outcome":"invalidated"}`: CauseOtherIssuance,
		`{"request_id":"REQUEST","municipality":"900028","certificate_id":"JPN90001020261123000001","outcome":"none"}`:        CauseOtherMunicipality,
		`{"request_id":"REQUEST","municipality":"900010","certificate_id":"JPN90001020261123000001","outcome":""}`:            CauseUnknown,
	} {
		if got, err := i.read([]byte(text)); Cause(err) != cause || got.refusal != nil {
			t.Errorf("%s: %v, want %s", text, err, cause)
		}
	}
}

// foundPerson is a right answer to what ask asks, of more than one buffer.
func foundPerson(t *testing.T, ask []byte) *http.Response {
	t.Helper()
	var q struct {
		RequestID string `json:"request_id"`
		Nonce     []byte `json:"nonce"`
	}
	if err := json.Unmarshal(ask, &q); err != nil {
		t.Fatal(err)
	}
	n := number(t)
	proved := `,"person_proof":"` + base64.StdEncoding.EncodeToString(textProof(q.Nonce, string(n.Digits()))) + `"`
	text := strings.NewReplacer("REQUEST", q.RequestID, "2026-11-23T03:04:05Z", time.Now().UTC().Format(time.RFC3339)).Replace(goodSearch(proved, goodPerson))
	return answered(text + strings.Repeat(" ", 1000))
}

// Rows: A4, C7, E1
func TestTheNumberOfASearchIsInTheBodyAloneAndWiped(t *testing.T) {
	n := number(t)
	digits := bytes.Clone(n.Digits())
	q := cert.Search{Municipality: "900010", Purpose: cert.PurposeCertificate, MyNumber: n}
	for _, x := range []struct {
		name, cause string
		attempts    int
		answers     func(n int, ask []byte) (*http.Response, error)
	}{
		{"success", "", 1, func(_ int, ask []byte) (*http.Response, error) { return foundPerson(t, ask), nil }},
		{"refused", CauseRefused, 1, func(int, []byte) (*http.Response, error) { return status(http.StatusBadRequest), nil }},
		{"no connection", CauseConnection, 3, func(int, []byte) (*http.Response, error) { return nil, errors.New("down") }},
	} {
		w := &watch{answers: func(n int, ask []byte) (*http.Response, error) {
			if bytes.Count(ask, digits) != 1 || !bytes.HasPrefix(ask, []byte(`{"individual_number":"`)) {
				t.Errorf("%s: the number is not where it should be", x.name)
			}
			return x.answers(n, ask)
		}}
		c := alone(t, func(r *http.Request) (*http.Response, error) {
			head := new(bytes.Buffer)
			_ = r.Header.Write(head)
			if bytes.Contains(head.Bytes(), digits) || strings.Contains(r.URL.String(), string(digits)) {
				t.Errorf("%s: the number is in the head of the request", x.name)
			}
			return w.RoundTrip(r)
		}, nil)
		_, err := c.Desk().Search(t.Context(), q)
		if Cause(err) != x.cause || x.cause == "" && err != nil || len(w.bodies) != x.attempts {
			t.Errorf("%s: %v after %d attempts", x.name, err, len(w.bodies))
		}
		w.mustBeWiped(t, x.name)
	}
	if !bytes.Equal(n.Digits(), digits) {
		t.Error("the caller's number was wiped: it is the caller's to wipe")
	}
}
