// SPDX-License-Identifier: Apache-2.0

package shc_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"kofu/cert/shc"
)

// payload is a card as Japan issued them (2021-12): spaces, \u escapes, a
// fractional nbf, name.use.
const payload = `{"iss": "https://vc.example.jp/issuer", "nbf": 1640395310.435824, "vc": {"type": ["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization", "https://smarthealth.cards#covid19"], "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "resource:0", "resource": {"resourceType": "Patient", "name": [{"use": "usual", "family": "\u898b\u672c", "given": ["\u592a\u90ce"]}], "birthDate": "1970-01-01"}}, {"fullUrl": "resource:1", "resource": {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]}, "patient": {"reference": "resource:0"}, "occurrenceDateTime": "2021-06-01", "performer": [{"actor": {"display": "MHLW_Gov_of_JAPAN"}}], "lotNumber": "3001234"}}]}}}}`

func edited(t testing.TB, old, with string) string {
	t.Helper()
	if !strings.Contains(payload, old) {
		t.Fatalf("the payload does not hold %s", old)
	}
	return strings.Replace(payload, old, with, 1)
}

func TestReaderAcceptsWhatTheRealWorldHolds(t *testing.T) {
	f := newForge(t)
	for name, jws := range map[string]string{
		"as Japan issued them":      f.card(t, payload),
		"header with spaces":        f.jws(t, `{"zip": "DEF", "alg": "ES256", "kid": "`+f.kid+`"}`, deflated(t, payload)),
		"header with typ":           f.jws(t, `{"typ":"JWT","zip":"DEF","alg":"ES256","kid":"`+f.kid+`"}`, deflated(t, payload)),
		"white space around":        " \r\n" + f.card(t, payload) + "\n",
		"exponent in nbf":           f.card(t, edited(t, "1640395310.435824", "1.640395310435824e9")),
		"one type only":             f.card(t, edited(t, `, "https://smarthealth.cards#immunization", "https://smarthealth.cards#covid19"`, "")),
		"old types too":             f.card(t, edited(t, `"type": [`, `"@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential", `)),
		"bundle of another type":    f.card(t, edited(t, `"type": "collection"`, `"type": "batch"`)),
		"resource of another kind":  f.card(t, edited(t, `{"fullUrl": "resource:1"`, `{"fullUrl": "resource:9", "resource": {"resourceType": "Observation"}}, {"fullUrl": "resource:1"`)),
		"two codes":                 f.card(t, edited(t, `{"system": "http://hl7.org/fhir/sid/cvx"`, `{"system": "http://id.who.int/icd/release/11/mms", "code": "XM3DT5"}, {"system": "http://hl7.org/fhir/sid/cvx"`)),
		"dose number":               f.card(t, edited(t, `"lotNumber"`, `"protocolApplied": [{"doseNumberPositiveInt": 1}], "lotNumber"`)),
		"a dose that was not given": f.card(t, edited(t, `{"fullUrl": "resource:1"`, `{"fullUrl": "resource:2", "resource": {"resourceType": "Immunization", "status": "not-done", "patient": {"reference": "resource:0"}}}, {"fullUrl": "resource:1"`)),
	} {
		t.Run(name, func(t *testing.T) {
			c := parse(t, jws)
			if err := c.Verify(f.set); err != nil {
				t.Error(err)
			}
			if c.Patient.Family != "見本" || c.Patient.Given != "太郎" || c.Patient.BirthDate != "1970-01-01" || c.RID != "" || c.Expires != nil {
				t.Error("another patient, a rid or an exp")
			}
			want := shc.Dose{System: "http://hl7.org/fhir/sid/cvx", CVX: "207", Date: "2021-06-01", Lot: "3001234", Performer: "MHLW_Gov_of_JAPAN"}
			if len(c.Doses) != 1 || c.Doses[0] != want {
				t.Errorf("%d doses, or another", len(c.Doses))
			}
			if c.NotBefore.Unix() != 1640395310 || c.NotBefore.Round(time.Microsecond).Nanosecond() != 435824000 {
				t.Errorf("nbf %v", c.NotBefore)
			}
		})
	}
}

// Whole and partial dates, and times, as FHIR has them.
func TestReaderAcceptsFHIRDates(t *testing.T) {
	f := newForge(t)
	for _, on := range []string{"2021", "2021-06", "2021-12-25", "2021-12-26", "2021-06-01T10:00:00Z", "2021-06-01T10:00:00.123+09:00"} {
		if c := parse(t, f.card(t, edited(t, "2021-06-01", on))); c.Doses[0].Date != on {
			t.Errorf("%s reads %s", on, c.Doses[0].Date)
		}
	}
	for _, born := range []string{"1970", "1970-01", "1970-01-31"} {
		if c := parse(t, f.card(t, edited(t, "1970-01-01", born))); c.Patient.BirthDate != born {
			t.Errorf("%s reads %s", born, c.Patient.BirthDate)
		}
	}
}

func TestEveryNameOnACardIsTold(t *testing.T) {
	f := newForge(t)
	for in, want := range map[string]string{
		`{"family": "A", "given": ["B", "C"]}`:                                        "A B C",
		`{"text": "A B"}`:                                                             "A B",
		`{"text": "A B", "family": "A", "given": ["B"]}`:                              "A B",
		`{"text": "X Y", "family": "A", "given": ["B"]}`:                              "X Y|A B",
		`{"prefix": ["Dr"], "family": "A", "given": ["B"], "suffix": ["Jr", "MD"]}`:   "Dr A B Jr MD",
		`{"family": "A", "given": ["B"]}, {"use": "old", "family": "Z"}, {"text":""}`: "A B|Z",
		`{"use": "old"}, {"text": "A"}`:                                               "A",
	} {
		var got []string
		c := parse(t, f.card(t, edited(t, `{"use": "usual", "family": "\u898b\u672c", "given": ["\u592a\u90ce"]}`, in)))
		for _, n := range c.Patient.Names {
			got = append(got, n.Reveal())
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: got %q", in, got)
		}
	}
}

func TestTimesAreCutNotRounded(t *testing.T) {
	f := newForge(t)
	for text, want := range map[string]time.Time{
		"1640395310":                  time.Unix(1640395310, 0),
		"1640395310.435824":           time.Unix(1640395310, 435824000),
		"1640395310.9999999999999":    time.Unix(1640395310, 999999999),
		"1640395310.9999999999999e0":  time.Unix(1640395310, 999999999),
		"1.6403953109999999999999E+9": time.Unix(1640395310, 999999999),
		"16403953109999999999999e-13": time.Unix(1640395310, 999999999),
		"253402300799.99999999999":    time.Unix(253402300799, 999999999),
		"16403953.1e2":                time.Unix(1640395310, 0),
		"1640395310.0000000019":       time.Unix(1640395310, 1),
		"0.0000000000001640395310e22": time.Unix(1640395310, 0),
	} {
		if c := parse(t, f.card(t, edited(t, "1640395310.435824", text))); !c.NotBefore.Equal(want) {
			t.Errorf("%s reads %v", text, c.NotBefore)
		}
	}
	for _, text := range []string{"253402300800", "1e12", "1e99999999999999999999", "-0", "-1e-400", "1.5e400"} {
		wantMalformed(t, f.card(t, edited(t, "1640395310.435824", text)), "payload: nbf is not in seconds")
	}
	// Nothing is left of it: the dose is later than 1970.
	for _, text := range []string{"0", "1e-99999999999999999999", "0e99999999999999999999", "99999999e-40"} {
		wantMalformed(t, f.card(t, edited(t, "1640395310.435824", text)), "Immunization: later than the card")
	}
}

func TestMalformedEnvelopeIsToldApart(t *testing.T) {
	f := newForge(t)
	good := f.card(t, payload)
	part := strings.Split(good, ".")
	packed := func(w io.WriteCloser, buf *bytes.Buffer) []byte {
		_, err1 := w.Write([]byte(payload))
		if err := errors.Join(err1, w.Close()); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	var zbuf, gbuf bytes.Buffer
	zlibbed, gzipped := packed(zlib.NewWriter(&zbuf), &zbuf), packed(gzip.NewWriter(&gbuf), &gbuf)
	raw := deflated(t, payload)
	for _, tt := range []struct{ name, jws, want string }{
		{"nothing", "", "JWS: not three parts"},
		{"two parts", part[0] + "." + part[1], "JWS: not three parts"},
		{"five parts", good + ".a.b", "JWS: not three parts"},
		{"oversized", strings.Repeat("A", 300<<10), "JWS: too long"},
		{"byte order mark", "\ufeff" + good, "header: not base64url"},
		{"padded base64", part[0] + "=." + part[1] + "." + part[2], "header: not base64url"},
		{"standard base64", part[0] + "." + part[1] + "+/." + part[2], "payload: not base64url"},
		{"line break inside", part[0] + "." + part[1][:8] + "\n" + part[1][8:] + "." + part[2], "payload: not base64url"},
		{"loose bits at the end", part[0] + "." + part[1] + "." + part[2][:85] + "B", "signature: not base64url"},
		{"trailing characters", good + "zz", "signature: not 64 bytes of r and s"},
		{"DER signature", part[0] + "." + part[1] + "." + b64.EncodeToString(make([]byte, 71)), "signature: not 64 bytes of r and s"},
		{"header not JSON", f.jws(t, "{", raw), "header: not JSON"},
		{"header twice", f.jws(t, f.header()+f.header(), raw), "header: not JSON"},
		{"header kid twice", f.jws(t, `{"zip":"DEF","alg":"ES256","kid":"a","kid":"`+f.kid+`"}`, raw), "header: a member name twice in one object"},
		{"header of wrong types", f.jws(t, `{"zip":1,"alg":"ES256","kid":"a"}`, raw), "header: member of the wrong type"},
		{"alg none", f.jws(t, `{"zip":"DEF","alg":"none","kid":"`+f.kid+`"}`, raw), "header: alg is not ES256"},
		{"alg HS256", f.jws(t, `{"zip":"DEF","alg":"HS256","kid":"`+f.kid+`"}`, raw), "header: alg is not ES256"},
		{"no alg", f.jws(t, `{"zip":"DEF","kid":"`+f.kid+`"}`, raw), "header: alg is not ES256"},
		{"no zip", f.jws(t, `{"alg":"ES256","kid":"`+f.kid+`"}`, raw), "header: zip is not DEF"},
		{"other zip", f.jws(t, `{"zip":"GZIP","alg":"ES256","kid":"`+f.kid+`"}`, raw), "header: zip is not DEF"},
		{"no kid", f.jws(t, `{"zip":"DEF","alg":"ES256"}`, raw), "header: no kid"},
		{"critical extension", f.jws(t, `{"zip":"DEF","alg":"ES256","kid":"a","crit":["b64"],"b64":false}`, raw), "header: crit names extensions that are not known"},
		{"not compressed", f.jws(t, f.header(), []byte(payload)), "payload: not compressed"},
		{"zlib", f.jws(t, f.header(), zlibbed), "payload: zlib header, not raw DEFLATE"},
		{"gzip", f.jws(t, f.header(), gzipped), "payload: gzip header, not raw DEFLATE"},
		{"cut short", f.jws(t, f.header(), raw[:len(raw)/2]), "payload: not raw DEFLATE"},
		{"empty payload", f.jws(t, f.header(), nil), "payload: not raw DEFLATE"},
		{"data behind the stream", f.jws(t, f.header(), append(raw[:len(raw):len(raw)], 0)), "payload: data after the DEFLATE stream"},
		{"deflate bomb", f.card(t, strings.Repeat(" ", 3<<20)), "payload: too long when inflated"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantMalformed(t, tt.jws, tt.want) })
	}
}

func TestMalformedContentIsToldApart(t *testing.T) {
	f := newForge(t)
	for _, tt := range []struct{ name, jws, want string }{
		{"payload not JSON", f.card(t, payload[:len(payload)-1]), "payload: not JSON"},
		{"payload with trailing characters", f.card(t, payload+"x"), "payload: not JSON"},
		{"payload twice", f.card(t, payload+payload), "payload: not JSON"},
		{"broken UTF-8", f.card(t, edited(t, `\u898b`, "\xff")), "payload: not JSON"},
		{"lone surrogate", f.card(t, edited(t, `\u898b`, `\ud842`)), "payload: not JSON"},
		{"iss twice", f.card(t, edited(t, `{"iss"`, `{"iss": "https://other.example", "iss"`)), "payload: a member name twice in one object"},
		{"family twice", f.card(t, edited(t, `"family"`, `"family": "\u5225\u4eba", "family"`)), "payload: a member name twice in one object"},
		{"code twice, escaped", f.card(t, edited(t, `"code": "207"`, `"code": "207", "\u0063ode": "208"`)), "payload: a member name twice in one object"},
		{"payload an array", f.card(t, "["+payload+"]"), "payload: member of the wrong type"},
		{"payload a null", f.card(t, "null"), "payload: nbf is not a number of seconds"},
		{"nbf missing", f.card(t, edited(t, `"nbf"`, `"nbx"`)), "payload: nbf is not a number of seconds"},
		{"nbf as text", f.card(t, edited(t, "1640395310.435824", `"1640395310"`)), "payload: nbf is not a number of seconds"},
		{"nbf in milliseconds", f.card(t, edited(t, "1640395310.435824", "1640395310435")), "payload: nbf is not in seconds"},
		{"nbf negative", f.card(t, edited(t, "1640395310.435824", "-5")), "payload: nbf is not in seconds"},
		{"nbf beyond floats", f.card(t, edited(t, "1640395310.435824", "1e999")), "payload: nbf is not in seconds"},
		{"nbf endless", f.card(t, edited(t, "1640395310.435824", strings.Repeat("1", 400))), "payload: nbf is not a number of seconds"},
		{"exp in milliseconds", f.card(t, edited(t, `"vc"`, `"exp": 1640395310435, "vc"`)), "payload: exp is not in seconds"},
		{"exp null", f.card(t, edited(t, `"vc"`, `"exp": null, "vc"`)), "payload: exp is not a number of seconds"},
		{"iss http", f.card(t, edited(t, "https://vc", "http://vc")), "payload: iss is not an https URL without trailing slash"},
		{"iss with slash", f.card(t, edited(t, "jp/issuer", "jp/issuer/")), "payload: iss is not an https URL without trailing slash"},
		{"iss no URL", f.card(t, edited(t, "https://vc.example.jp/issuer", "issuer")), "payload: iss is not an https URL without trailing slash"},
		{"no card type", f.card(t, edited(t, "#health-card", "#other")), "payload: vc.type lacks #health-card"},
		{"type not a list", f.card(t, edited(t, `["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization", "https://smarthealth.cards#covid19"]`, `"https://smarthealth.cards#health-card"`)), "payload: member of the wrong type"},
		{"rid too long", f.card(t, edited(t, `{"type": [`, `{"rid": "aaaaaaaaaaaaaaaaaaaaaaaaa", "type": [`)), "payload: rid is not 1 to 24 characters of base64url"},
		{"rid with dot", f.card(t, edited(t, `{"type": [`, `{"rid": "a.1", "type": [`)), "payload: rid is not 1 to 24 characters of base64url"},
		{"rid empty", f.card(t, edited(t, `{"type": [`, `{"rid": "", "type": [`)), "payload: rid is not 1 to 24 characters of base64url"},
		{"no FHIR version", f.card(t, edited(t, `"4.0.1"`, `""`)), "payload: fhirVersion is not a version"},
		{"FHIR version a letter", f.card(t, edited(t, `"4.0.1"`, `"x"`)), "payload: fhirVersion is not a version"},
		{"no bundle", f.card(t, edited(t, `"fhirBundle"`, `"bundle"`)), "bundle: not JSON"},
		{"not a bundle", f.card(t, edited(t, `"Bundle"`, `"List"`)), "bundle: resourceType is not Bundle"},
		{"bundle without type", f.card(t, edited(t, `"type": "collection", `, ``)), "bundle: no type that FHIR knows"},
		{"bundle of a made-up type", f.card(t, edited(t, `"collection"`, `"heap"`)), "bundle: no type that FHIR knows"},
		{"entry without fullUrl", f.card(t, edited(t, `{"fullUrl": "resource:1", `, `{`)), "bundle: entry without fullUrl"},
		{"neither fullUrl nor reference", f.card(t, strings.NewReplacer(`"fullUrl": "resource:0"`, `"fullUrl": ""`, `"reference": "resource:0"`, `"reference": ""`).Replace(payload)), "bundle: entry without fullUrl"},
		{"a fullUrl twice", f.card(t, edited(t, `"fullUrl": "resource:1"`, `"fullUrl": "resource:0"`)), "bundle: a fullUrl twice"},
		{"no patient", f.card(t, edited(t, `{"fullUrl": "resource:0", "resource": {"resourceType": "Patient", "name": [{"use": "usual", "family": "\u898b\u672c", "given": ["\u592a\u90ce"]}], "birthDate": "1970-01-01"}}, `, ``)), "bundle: dose of a patient who is not in it"},
		{"no name", f.card(t, edited(t, `"name": [{"use"`, `"nom": [{"use"`)), "Patient: no name"},
		{"name of nothing", f.card(t, edited(t, `"family": "\u898b\u672c", "given": ["\u592a\u90ce"]`, `"family": "", "given": ["\u3000"]`)), "Patient: no name"},
		{"no birth date", f.card(t, edited(t, `"birthDate"`, `"bornOn"`)), "Patient: birthDate is not a date"},
		{"birth date no FHIR date", f.card(t, edited(t, `"1970-01-01"`, `"19700101"`)), "Patient: birthDate is not a date"},
		{"birth date not in the calendar", f.card(t, edited(t, `"1970-01-01"`, `"1970-02-30"`)), "Patient: birthDate is not a date"},
		{"no occurrence", f.card(t, edited(t, `"occurrenceDateTime"`, `"occurrenceString"`)), "Immunization: occurrenceDateTime is not a date"},
		{"occurrence a word", f.card(t, edited(t, `"2021-06-01"`, `"tomorrow"`)), "Immunization: occurrenceDateTime is not a date"},
		{"occurrence a time without zone", f.card(t, edited(t, `"2021-06-01"`, `"2021-06-01T10:00:00"`)), "Immunization: occurrenceDateTime is not a date"},
		{"occurrence in the year 2999", f.card(t, edited(t, `"2021-06-01"`, `"2999-06-01"`)), "Immunization: later than the card"},
		{"occurrence after the card", f.card(t, edited(t, `"2021-06-01"`, `"2021-12-28T00:00:00Z"`)), "Immunization: later than the card"},
		{"empty bundle", f.card(t, edited(t, `"entry"`, `"entries"`)), "bundle: no entry"},
		{"entry without resource", f.card(t, edited(t, `"resource": {"resourceType": "Patient"`, `"res": {"resourceType": "Patient"`)), "resource: not JSON"},
		{"resource without kind", f.card(t, edited(t, `{"resourceType": "Patient", `, `{`)), "resource: no resourceType"},
		{"name not a list", f.card(t, edited(t, `[{"use": "usual", "family": "\u898b\u672c", "given": ["\u592a\u90ce"]}]`, `"x"`)), "Patient: member of the wrong type"},
		{"two patients", f.card(t, edited(t, `{"fullUrl": "resource:1"`, `{"fullUrl": "resource:9", "resource": {"resourceType": "Patient", "name": [{"text": "B"}], "birthDate": "1980"}}, {"fullUrl": "resource:1"`)), "bundle: more than one Patient"},
		{"dose of somebody else", f.card(t, edited(t, `"reference": "resource:0"`, `"reference": "resource:7"`)), "bundle: dose of a patient who is not in it"},
		{"dose without code", f.card(t, edited(t, `[{"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]`, `[]`)), "Immunization: no vaccine code"},
		{"code a number", f.card(t, edited(t, `"207"`, `207`)), "Immunization: member of the wrong type"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantMalformed(t, tt.jws, tt.want) })
	}
}

func wantMalformed(t *testing.T, jws, want string) {
	t.Helper()
	c, err := shc.Parse(jws)
	m, ok := errors.AsType[*shc.MalformedError](err)
	if !ok || c != nil || m.What != want || !errors.Is(err, shc.ErrMalformed) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSignatureFailuresAreToldApart(t *testing.T) {
	f := newForge(t)
	good := f.card(t, payload)
	part := strings.Split(good, ".")
	other := strings.Split(f.card(t, edited(t, "1970", "1980")), ".")
	flipped := []byte(part[2])
	flipped[10] ^= 1
	for _, tt := range []struct {
		name, jws string
		set       shc.KeySet
		want      error
	}{
		{"good", good, f.set, nil},
		{"no keys", good, shc.KeySet{}, shc.ErrUnknownKey},
		{"kid of another key", f.jws(t, `{"zip":"DEF","alg":"ES256","kid":"3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s"}`, deflated(t, payload)), f.set, shc.ErrUnknownKey},
		{"payload of another card", part[0] + "." + other[1] + "." + part[2], f.set, shc.ErrSignature},
		{"signature of another card", part[0] + "." + part[1] + "." + other[2], f.set, shc.ErrSignature},
		{"flipped bit", part[0] + "." + part[1] + "." + string(flipped), f.set, shc.ErrSignature},
		{"zero signature", part[0] + "." + part[1] + "." + b64.EncodeToString(make([]byte, 64)), f.set, shc.ErrSignature},
		{"rewritten header", b64.EncodeToString([]byte(`{"zip":"DEF","alg":"ES256","typ":"x","kid":"`+f.kid+`"}`)) + "." + part[1] + "." + part[2], f.set, shc.ErrSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := parse(t, tt.jws).Verify(tt.set); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// Rows: R5.3
func TestCardsAndErrorsPrintNothingPersonal(t *testing.T) {
	f := newForge(t)
	c := parse(t, f.card(t, payload))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{c, *c, c.Patient, c.Doses} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "見本") || strings.Contains(s, "1970") || strings.Contains(s, "3001234") {
				t.Errorf("%s prints %s", verb, s)
			}
		}
	}
	for _, bad := range []string{`"birthDate": "1970-01-01"`, `"family": "\u898b\u672c"`} {
		name, value, _ := strings.Cut(bad, ": ")
		_, err := shc.Parse(f.card(t, edited(t, bad, name+": ["+value+"]")))
		if err == nil || strings.Contains(err.Error(), "1970") || strings.Contains(err.Error(), "見本") {
			t.Errorf("got %v", err)
		}
	}
}
