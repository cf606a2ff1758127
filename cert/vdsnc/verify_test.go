// SPDX-License-Identifier: Apache-2.0

package vdsnc_test

import (
	"bytes"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/vdsnc"
)

// altered returns doc, pretty-printed and in an array, after a change.
func altered(t *testing.T, doc []byte, change func(data, sig map[string]any)) []byte {
	t.Helper()
	var m map[string]map[string]any
	if err := json.Unmarshal(doc, &m); err != nil {
		t.Fatal(err)
	}
	change(m["data"], m["sig"])
	out, err := json.MarshalIndent([]any{m}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func examples(t *testing.T) []json.RawMessage {
	t.Helper()
	data, err := os.ReadFile("../../../shared/vectors/vdsnc/examples.json")
	if err != nil {
		if os.Getenv("KOFU_VECTORS") == "1" {
			t.Fatal(err)
		}
		t.Skip("needs ../shared/vectors/vdsnc beside the project")
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil || len(list) != 2 {
		t.Fatalf("%d examples, %v", len(list), err)
	}
	return list
}

func TestPublishedExamples(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i, doc := range examples(t) {
		d := parse(t, doc)
		if got := d.Verify(vdsnc.Trust{}, now); got != (vdsnc.Result{Signature: true, Chain: vdsnc.ChainUntrusted, Reason: vdsnc.ReasonUnknown}) {
			t.Errorf("example %d without trust: %+v", i, got)
		}
		pinned := vdsnc.Trust{Signers: [][]byte{d.Signer}}
		if got := d.Verify(pinned, now); got != (vdsnc.Result{Signature: true, Chain: vdsnc.ChainPinned}) {
			t.Errorf("example %d, signer pinned: %+v", i, got)
		}
		if got := d.Verify(pinned, time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)); got.Chain != vdsnc.ChainUntrusted {
			t.Errorf("example %d before its signer existed: %+v", i, got)
		}
		unsigned := altered(t, doc, func(data, _ map[string]any) { data["hdr"].(map[string]any)["is"] = "FRA" })
		if got := parse(t, unsigned).Verify(pinned, now); got.Signature || got.Chain != vdsnc.ChainUntrusted || got.Reason != vdsnc.ReasonSignature {
			t.Errorf("example %d, changed: %+v", i, got)
		}
	}
}

func TestVerifyOwnChain(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384()} {
		csca, key := newAuthority(t, curve)
		stranger, _ := newAuthority(t, curve)
		d := parse(t, encode(t, overseas(), key))
		tests := map[string]struct {
			trust vdsnc.Trust
			want  vdsnc.Result
		}{
			"none":     {vdsnc.Trust{}, vdsnc.Result{Signature: true, Chain: vdsnc.ChainUntrusted, Reason: vdsnc.ReasonUnknown}},
			"trusted":  {vdsnc.Trust{CSCAs: [][]byte{csca.Certificate.Raw}}, vdsnc.Result{Signature: true, Chain: vdsnc.ChainTrusted}},
			"pinned":   {vdsnc.Trust{Signers: [][]byte{key.Certificate.Raw}}, vdsnc.Result{Signature: true, Chain: vdsnc.ChainPinned}},
			"stranger": {vdsnc.Trust{CSCAs: [][]byte{stranger.Certificate.Raw}}, vdsnc.Result{Signature: true, Chain: vdsnc.ChainUntrusted, Reason: vdsnc.ReasonUnknown}},
			"one of two": {vdsnc.Trust{CSCAs: [][]byte{stranger.Certificate.Raw, csca.Certificate.Raw}},
				vdsnc.Result{Signature: true, Chain: vdsnc.ChainTrusted}},
			"signer as authority": {vdsnc.Trust{CSCAs: [][]byte{key.Certificate.Raw}}, vdsnc.Result{Signature: true, Chain: vdsnc.ChainUntrusted, Reason: vdsnc.ReasonUnknown}},
			"authority as signer": {vdsnc.Trust{Signers: [][]byte{csca.Certificate.Raw}}, vdsnc.Result{Signature: true, Chain: vdsnc.ChainUntrusted, Reason: vdsnc.ReasonUnknown}},
		}
		for name, tt := range tests {
			if got := d.Verify(tt.trust, issuedAt.AddDate(30, 0, 0)); got != tt.want { // long after all has expired
				t.Errorf("%s, %s: %+v, want %+v", curve.Params().Name, name, got, tt.want)
			}
		}
	}
}

// A signer whose key lies in the wrong hands may still write any time of issue
// into a document; what is judged here is what the document says of itself.
func TestVerifyTimeOfIssue(t *testing.T) {
	csca, key := newAuthority(t, elliptic.P256())
	trust := vdsnc.Trust{CSCAs: [][]byte{csca.Certificate.Raw}}
	now := issuedAt.AddDate(10, 0, 0)
	for id, want := range map[cert.ID]string{
		"JPN13101620230207000001": "",
		"JPN13101620220206000001": vdsnc.ReasonTime, // the day before the signer's first
		"JPN13101620220207000001": "",               // its first
		"JPN13101620280207000001": "",               // its last
		"JPN13101620280208000001": vdsnc.ReasonTime,
		"JPN13101620990207000001": vdsnc.ReasonFuture,
		"L4567890Z":               "", // some day between the last dose and now
	} {
		c := overseas()
		c.ID = id
		if got := parse(t, encode(t, c, key)).Verify(trust, now); got.Reason != want {
			t.Errorf("%s: %+v, want %q", id, got, want)
		}
	}
}

func TestParseTakesWhatTheWorldHolds(t *testing.T) {
	csca, key := newAuthority(t, elliptic.P256())
	trust := vdsnc.Trust{CSCAs: [][]byte{csca.Certificate.Raw}}
	doc := encode(t, overseas(), key)
	respell := func(f func(string) string, members ...string) []byte {
		return altered(t, doc, func(_, sig map[string]any) {
			for _, m := range members {
				sig[m] = f(sig[m].(string))
			}
		})
	}
	bare := func(s string) string { return strings.TrimRight(s, "=") }
	std := func(s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) }
	for name, variant := range map[string][]byte{
		"canonical":            doc,
		"white space around":   []byte("\r\n " + string(doc) + "\n"),
		"pretty, in an array":  respell(func(s string) string { return s }),
		"no padding":           respell(bare, "cer", "sigvl"),
		"padded cer only":      respell(bare, "sigvl"),
		"standard base64":      respell(std, "cer", "sigvl"),
		"standard, no padding": respell(func(s string) string { return bare(std(s)) }, "cer", "sigvl"),
		"version 1.0":          bytes.Replace(doc, []byte(`"v":1}`), []byte(`"v":1.0}`), 1),
		"version 1e0":          bytes.Replace(doc, []byte(`"v":1}`), []byte(`"v":1e0}`), 1),
		"more members":         altered(t, doc, func(_, sig map[string]any) { sig["note"] = 1 }),
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, variant)
			if got := d.Verify(trust, issuedAt); !got.Signature || got.Chain != vdsnc.ChainTrusted {
				t.Errorf("%+v", got)
			}
			if d.RFC8785 != (name == "canonical") {
				t.Error("taken for the canonical form, or not")
			}
		})
	}
}

func TestParseTellsWhatIsMalformed(t *testing.T) {
	_, key := newAuthority(t, elliptic.P256())
	doc := encode(t, overseas(), key)
	edit := func(f func(data, sig, msg map[string]any)) []byte {
		return altered(t, doc, func(data, sig map[string]any) { f(data, sig, data["msg"].(map[string]any)) })
	}
	pid := func(msg map[string]any) map[string]any { return msg["pid"].(map[string]any) }
	dose := func(msg map[string]any) map[string]any {
		return msg["ve"].([]any)[0].(map[string]any)["vd"].([]any)[0].(map[string]any)
	}
	tests := map[string]struct {
		doc  []byte
		want string
	}{
		"empty":            {nil, "not JSON, or with a name twice"},
		"text":             {[]byte("TAKAHASHI"), "not JSON, or with a name twice"},
		"cut":              {doc[:len(doc)-1], "not JSON, or with a name twice"},
		"two":              {append(doc[:len(doc):len(doc)], doc...), "not JSON, or with a name twice"},
		"name twice":       {bytes.Replace(doc, []byte(`"n":`), []byte(`"n":"X","n":`), 1), "not JSON, or with a name twice"},
		"array of two":     {[]byte("[" + string(doc) + "," + string(doc) + "]"), "an array, not of one document"},
		"a number":         {[]byte("1"), "not a JSON object"},
		"large":            {bytes.Repeat([]byte(" "), vdsnc.MaxSize+1), "larger than 64 KiB"},
		"no sig":           {[]byte(`{"data":{}}`), "data or sig is missing"},
		"no data":          {[]byte(`{"sig":{}}`), "data or sig is missing"},
		"sig a string":     {[]byte(`{"data":{},"sig":"x"}`), "data or sig: a member has the wrong type"},
		"test certificate": {edit(func(d, _, _ map[string]any) { d["hdr"].(map[string]any)["t"] = "icao.test" }), "data.hdr.t is not icao.vacc"},
		"version":          {edit(func(d, _, _ map[string]any) { d["hdr"].(map[string]any)["v"] = 2 }), "data.hdr.v is not 1"},
		"issuer":           {edit(func(d, _, _ map[string]any) { delete(d["hdr"].(map[string]any), "is") }), "data.hdr.is is missing"},
		"header":           {edit(func(d, _, _ map[string]any) { delete(d, "hdr") }), "data.hdr is missing"},
		"message":          {edit(func(d, _, _ map[string]any) { delete(d, "msg") }), "data.msg is missing"},
		"identifier":       {edit(func(_, _, m map[string]any) { delete(m, "uvci") }), "data.msg.uvci is missing"},
		"name":             {edit(func(_, _, m map[string]any) { delete(pid(m), "n") }), "data.msg.pid.n is missing"},
		"name a number":    {edit(func(_, _, m map[string]any) { pid(m)["n"] = 1 }), "data: a member has the wrong type"},
		"who":              {edit(func(_, _, m map[string]any) { delete(pid(m), "i"); delete(pid(m), "dob") }), "data.msg.pid has neither dob nor i"},
		"date":             {edit(func(_, _, m map[string]any) { dose(m)["dvc"] = "01/06/2021" }), "data.msg.ve.vd.dvc is not a date"},
		"no doses":         {edit(func(_, _, m map[string]any) { m["ve"] = []any{} }), "data.msg.ve has no vaccination"},
		"no alg":           {edit(func(_, s, _ map[string]any) { delete(s, "alg") }), "sig.alg is missing"},
		"alg none":         {edit(func(_, s, _ map[string]any) { s["alg"] = "none" }), "sig.alg is not ES256, ES384 or ES512"},
		"alg of another":   {edit(func(_, s, _ map[string]any) { s["alg"] = "ES384" }), "sig.sigvl has not the length of sig.alg"},
		"cer":              {edit(func(_, s, _ map[string]any) { s["cer"] = "%" }), "sig.cer is not base64url"},
		"cer empty":        {edit(func(_, s, _ map[string]any) { s["cer"] = "" }), "sig.cer is not base64url"},
		"cer garbage":      {edit(func(_, s, _ map[string]any) { s["cer"] = "AAAA" }), "sig.cer is not an X.509 certificate"},
		"sigvl":            {edit(func(_, s, _ map[string]any) { s["sigvl"] = "%" }), "sig.sigvl is not base64url"},
		"sigvl short":      {edit(func(_, s, _ map[string]any) { s["sigvl"] = "AAAA" }), "sig.sigvl has not the length of sig.alg"},
		"version a text":   {edit(func(d, _, _ map[string]any) { d["hdr"].(map[string]any)["v"] = "1" }), "data.hdr.v is not 1"},
		"version missing":  {edit(func(d, _, _ map[string]any) { delete(d["hdr"].(map[string]any), "v") }), "data.hdr.v is not 1"},
		"version 1.5":      {edit(func(d, _, _ map[string]any) { d["hdr"].(map[string]any)["v"] = 1.5 }), "data.hdr.v is not 1"},
		"date with a time": {edit(func(_, _, m map[string]any) { dose(m)["dvc"] = "2021-06-01T10:00:00Z" }), "data.msg.ve.vd.dvc is not a date"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := vdsnc.Parse(tt.doc)
			var m *vdsnc.MalformedError
			if !errors.As(err, &m) || m.What != tt.want {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestTamperedDocumentsFail(t *testing.T) {
	csca, key := newAuthority(t, elliptic.P256())
	_, other := newAuthority(t, elliptic.P256())
	trust := vdsnc.Trust{CSCAs: [][]byte{csca.Certificate.Raw}}
	doc := encode(t, overseas(), key)
	for name, change := range map[string]func(data, sig map[string]any){
		"name":   func(d, _ map[string]any) { d["msg"].(map[string]any)["pid"].(map[string]any)["n"] = "SUZUKI TARO" },
		"more":   func(d, _ map[string]any) { d["msg"].(map[string]any)["note"] = "x" },
		"signer": func(_, s map[string]any) { s["cer"] = base64.URLEncoding.EncodeToString(other.Certificate.Raw) },
		"zeroes": func(_, s map[string]any) { s["sigvl"] = base64.URLEncoding.EncodeToString(make([]byte, 64)) },
	} {
		if got := parse(t, altered(t, doc, change)).Verify(trust, issuedAt); got.Signature || got.Chain != vdsnc.ChainUntrusted {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Japan's specimen pads the certificate and not the signature; no issuer does
// what else a lax decoder would let pass.
func TestBase64HasOneSpellingInEachAlphabet(t *testing.T) {
	_, key := newAuthority(t, elliptic.P256())
	doc := encode(t, overseas(), key)
	sigvl := ""
	altered(t, doc, func(_, sig map[string]any) { sigvl = sig["sigvl"].(string) })
	bare := strings.TrimRight(sigvl, "=")
	if len(bare) != 86 || sigvl != bare+"==" {
		t.Fatal("the writer does not pad")
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	loose := bare[:85] + string(alphabet[strings.IndexByte(alphabet, bare[85])+1]) // its last four bits are padding
	for name, tt := range map[string]struct {
		text string
		want string
	}{
		"padded":               {bare + "==", ""},
		"unpadded":             {bare, ""},
		"loose bits":           {loose, "sig.sigvl is not base64url"},
		"loose bits, padded":   {loose + "==", "sig.sigvl is not base64url"},
		"one pad of two":       {bare + "=", "sig.sigvl is not base64url"},
		"eight pads":           {bare + "========", "sig.sigvl is not base64url"},
		"three pads":           {bare + "===", "sig.sigvl is not base64url"},
		"line feed":            {bare[:10] + "\n" + bare[10:], "sig.sigvl is not base64url"},
		"carriage return":      {bare[:10] + "\r" + bare[10:], "sig.sigvl is not base64url"},
		"line feed at the end": {bare + "==\n", "sig.sigvl is not base64url"},
		"space":                {bare[:10] + " " + bare[10:], "sig.sigvl is not base64url"},
		"both alphabets":       {"+_" + bare[2:], "sig.sigvl is not base64url"},
	} {
		_, err := vdsnc.Parse(altered(t, doc, func(_, sig map[string]any) { sig["sigvl"] = tt.text }))
		got := ""
		if m, ok := errors.AsType[*vdsnc.MalformedError](err); ok {
			got = m.What
		}
		if got != tt.want {
			t.Errorf("sigvl, %s: got %q, want %q", name, got, tt.want)
		}
		cer := func(tail string) error {
			_, err := vdsnc.Parse(altered(t, doc, func(_, sig map[string]any) {
				sig["cer"] = strings.TrimRight(sig["cer"].(string), "=") + tail
			}))
			return err
		}
		for _, tail := range []string{"====", "========", "\n"} {
			if cer(tail) == nil {
				t.Errorf("cer with %q behind it passes", tail)
			}
		}
	}
}
