// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// attempt is one request, as it will be written.
type attempt struct {
	method, target string
	header         [][2]string
	body           string
	chunked        bool
	done           []string // what was done to it
}

func (a *attempt) set(name, value string) {
	a.header = slices.DeleteFunc(a.header, func(h [2]string) bool { return strings.EqualFold(h[0], name) })
	a.header = append(a.header, [2]string{name, value})
}

// wire is the request as it is written.
func (a *attempt) wire() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", a.method, a.target)
	if !slices.ContainsFunc(a.header, func(h [2]string) bool { return strings.EqualFold(h[0], "Host") }) {
		b.WriteString("Host: localhost\r\n")
	}
	for _, h := range a.header {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	switch {
	case a.chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		for rest := a.body; ; {
			n := min(len(rest), 4000)
			fmt.Fprintf(&b, "%x\r\n%s\r\n", n, rest[:n])
			if rest = rest[n:]; n == 0 {
				break
			}
		}
	case a.body != "" || a.method == "POST":
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(a.body), a.body)
	default:
		b.WriteString("\r\n")
	}
	return b.String()
}

// node is a place in a JSON value.
type node struct {
	value any
	set   func(any)
	drop  func()
}

// nodes lists every place in v below its root.
func nodes(v any) (list []node) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			list = append(list, node{v[name], func(x any) { v[name] = x }, func() { delete(v, name) }})
			list = append(list, nodes(v[name])...)
		}
	case []any:
		for i := range v {
			list = append(list, node{v[i], func(x any) { v[i] = x }, func() { v[i] = nil }})
			list = append(list, nodes(v[i])...)
		}
	}
	return list
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = clone(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = clone(v[i])
		}
		return out
	}
	return v
}

// raw is a value as it is written, JSON or not.
type raw = json.RawMessage

// evil are values that stand where others should.
func (r chance) evil(was any) any {
	text, _ := was.(string)
	nested := func(open, close string, n int) raw {
		return raw(strings.Repeat(open, n) + strings.Repeat(close, n))
	}
	at := 0
	if len(text) > 0 {
		at = r.IntN(len(text))
	}
	return pick(r, []any{
		nil, true, 0, -1, "", " ", []any{}, map[string]any{}, []any{was, was}, map[string]any{"": was},
		raw("1e999999"), raw("-0"), raw("1" + strings.Repeat("0", 5000)), raw("0." + strings.Repeat("1", 5000)), 1 << 53, raw("9223372036854775808"), raw("1e400"),
		raw(`"\ud800"`), raw(`"\udc00\ud800"`), raw(`"\u0000"`), raw("\"\x00\""), raw("\"\xff\xfe\""), raw("\"\xc0\xaf\""), raw("\"\xed\xa0\x80\""), raw(`"\u202e\ufeff"`),
		raw(`"` + strings.Repeat(`\u0061`, 3000) + `"`), raw(`"\x41"`), raw("'a'"), raw("NaN"), raw("Infinity"), raw("\"a\nb\""), raw("/* */1"), raw(`"`),
		nested("[", "]", 9), nested("[", "]", 9999), nested("[", "]", 30000), nested(`{"a":`, "1}", 900)[:4000],
		text + "A", text + "=", text + "\n", text + "\u0000", text[:at], text[:at] + "é" + text[at:], text[:at] + "-_" + text[at:], strings.ToUpper(text), text + text,
		strings.Repeat("A", 64), strings.Repeat("A", 65), strings.Repeat("A", 256), strings.Repeat("A", 257), strings.Repeat("A", 2048), strings.Repeat("A", 2052),
		strings.Repeat("A", 16384), strings.Repeat("A", 16388), strings.Repeat("A", 49152), strings.Repeat("A", 49156), strings.Repeat("あ", 64),
		"' OR 1=1--", "${jndi:ldap://127.0.0.1/a}", "../../etc/passwd", "%00", "{{7*7}}", "<script>alert(1)</script>", "\r\nX-Evil: 1", "999999", "000000", "９００００１", "overseas",
	})
}

// mutate does one thing to a request whose body is tree, or none.
func (r chance) mutate(a *attempt, tree any) {
	kinds := []func(*attempt, any) string{r.member, r.member, r.member, r.member, r.layout, r.layout, r.media, r.framing, r.method, r.path, r.headers}
	a.done = append(a.done, pick(r, kinds)(a, tree))
}

func encode(v any) string {
	var b strings.Builder
	write(&b, v)
	return b.String()
}

// write is json.Marshal, but for raw values, which need not be JSON.
func write(b *strings.Builder, v any) {
	switch v := v.(type) {
	case raw:
		b.Write(v)
	case map[string]any:
		b.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, name)
			b.WriteByte(':')
			write(b, v[name])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, x)
		}
		b.WriteByte(']')
	default:
		data, err := json.Marshal(v)
		if err != nil {
			data = []byte("null")
		}
		b.Write(data)
	}
}

// member changes one place of the body.
func (r chance) member(a *attempt, tree any) string {
	all := nodes(tree)
	object, isObject := tree.(map[string]any)
	if len(all) == 0 {
		a.body = encode(r.evil("x"))
		return "another body"
	}
	n := pick(r, all)
	switch k := r.IntN(8); {
	case k == 0:
		n.drop()
		a.body = encode(tree)
		return "one member less"
	case k == 1 && isObject:
		object[pick(r, []string{"pin", "extra", "__proto__", "Device", "device ", "", "\u0000", "暗証番号", "$ref", strings.Repeat("x", 3000)})] = n.value
		a.body = encode(tree)
		return "one member more"
	case k == 2 && isObject:
		name := pick(r, slices.Sorted(maps.Keys(object)))
		value := encode(pick(r, []any{object[name], r.evil(object[name])}))
		a.body = `{"` + name + `":` + value + `,` + strings.TrimPrefix(encode(tree), "{")
		return "a member twice"
	case k == 3:
		other := pick(r, all)
		n.set(clone(other.value))
		a.body = encode(tree)
		return "a value of another member"
	}
	n.set(r.evil(n.value))
	a.body = encode(tree)
	return "another value"
}

// layout changes how the body is written.
func (r chance) layout(a *attempt, tree any) string {
	text := encode(tree)
	at := r.IntN(len(text) + 1)
	const most = 64 << 10
	pad := func(n int) string { return text + strings.Repeat(" ", max(0, n-len(text))) }
	flip := []byte(text)
	if len(flip) > 0 {
		flip[r.IntN(len(flip))] ^= 1 << r.IntN(8)
	}
	utf16 := strings.Builder{}
	for _, c := range []byte(text) {
		utf16.WriteString("\x00" + string(rune(c&0x7f)))
	}
	a.body = pick(r, []string{
		"", " ", "\ufeff" + text, text + text, text + "\n", text + "x", text + "\x00", "\x00" + text, text[:at], text[at:], "[" + text + "]", `"` + text + `"`, "null", "0", "true", "[]", "{}", "{",
		pad(most), pad(most + 1), pad(most - 1), pad(4 * most), pad(20 * most), string(flip), utf16.String(), strings.ReplaceAll(text, `"`, "'"), text[:at] + "\xff" + text[at:], text[:at] + "\x00" + text[at:],
		strings.Repeat("[", most), strings.Repeat(`{"a":`, most/5), `{"a":"` + strings.Repeat("b", most-9) + `"}`, "{" + strings.Repeat(`"a":1,`, 5000) + `"b":1}`, wide(8000), "device=a&card=b",
	})
	return "another layout"
}

// wide is an object of n members, none twice.
func wide(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"%x":0,`, i)
	}
	return b.String() + `"z":0}`
}

func (r chance) media(a *attempt, _ any) string {
	a.set("Content-Type", pick(r, []string{
		"", "application/json; charset=utf-8", "application/json; charset=utf-16", "application/json; charset=utf-7", "APPLICATION/JSON", "application/json;", "application/json; a=b; a=c", "application/json, text/html",
		"text/json", "application/problem+json", "application/vnd.api+json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/octet-stream",
		"application/json\x00", "application/json; charset=\"", "*/*", "application/cbor", strings.Repeat("a", 4000), "application/x-msgpack", "application/xml", "application/jose",
	}))
	if r.IntN(6) == 0 {
		a.header = append(a.header, [2]string{"Content-Type", "application/json"})
	}
	return "another media type"
}

func (r chance) framing(a *attempt, _ any) string {
	switch r.IntN(6) {
	case 0, 1:
		a.chunked = true
	case 2:
		a.set("Content-Encoding", pick(r, []string{"gzip", "deflate", "br", "identity", "x", "gzip, gzip"}))
	case 3:
		a.set("Expect", pick(r, []string{"100-continue", "x", "200-ok"}))
	case 4:
		a.body = ""
	default:
		a.set("Connection", pick(r, []string{"close", "keep-alive", "upgrade", "Content-Length", "X-Request-Id"}))
		a.set("Upgrade", pick(r, []string{"h2c", "websocket", "TLS/1.3"}))
	}
	return "another framing"
}

func (r chance) method(a *attempt, _ any) string {
	a.method = pick(r, []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "PRI", "M-SEARCH", "G", strings.Repeat("A", 200)})
	if r.IntN(8) == 0 {
		a.header = append(a.header, [2]string{"X-HTTP-Method-Override", "DELETE"})
	}
	if r.IntN(12) == 0 {
		a.method, a.target = "OPTIONS", "*"
	}
	return "another method"
}

func (r chance) path(a *attempt, _ any) string {
	path, query, _ := strings.Cut(a.target, "?")
	at := strings.LastIndexByte(path, '/')
	head, last := path[:at], path[at+1:]
	a.target = pick(r, []string{
		path + "/", "/" + path, head + "//" + last, path + ";a=b", head + ";/" + last, head + "/./" + last, head + "/x/../" + last, head + "/%2e/" + last, head + "/x/%2e%2e/" + last, head + "%2f" + last, path + "%00", path + "%0d%0aX-Evil:1",
		path + ".", path + "%20", strings.ToUpper(path), head + "/" + percent(last), path + "?" + query + "&a=%zz", path + "?x=1", path + "?kid=a&kid=b", path + "?kid=" + strings.Repeat("a", 43), path + "?kid=%ff", path + "?kid=\u00e9",
		path + "?" + strings.Repeat("kid=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&", 11), path + "?" + strings.Repeat("a=b&", 2000), path + "#a", "http://evil.example" + path, "https://localhost" + path, head + "/", "/", "/" + strings.Repeat("a", 3000),
		head + "/" + strings.Repeat("../", 20) + "etc/passwd", path + "%c0%af", path + "%ff", "/debug/pprof/", "/metrics", "/readyz", "/.git/config", "/app/v1", "/app/v2/challenges", "/counter/", "/kiosk/v1/sessions", path + "\\..\\x",
		"/issuer/.well-known/crl/.json", "/issuer/.well-known/crl/" + strings.Repeat("a", 43) + ".json", "/issuer/.well-known/crl/..%2fjwks.json",
	})
	return "another path"
}

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}

func (r chance) headers(a *attempt, _ any) string {
	h := pick(r, [][2]string{
		{"Kofu-App", "ios/2.1.0"}, {"Kofu-App", "ios/1.0.0"}, {"Kofu-App", "ios/" + strings.Repeat("9.", 900) + "9"}, {"Kofu-App", "ios/9999999999999999999999.1"}, {"Kofu-App", "\xff/\x80"}, {"Kofu-App", "//"}, {"Kofu-App", ""},
		{"Kofu-Municipality", "900010"}, {"Kofu-Municipality", "９０００１０"}, {"Kofu-Municipality", strings.Repeat("0", 6000)}, {"Kofu-Municipality", "-1"}, {"Kofu-Terminal", "t-2"}, {"Kofu-Terminal", "' OR 1=1"}, {"Kofu-Terminal", strings.Repeat("t", 9000)},
		{"Host", "evil.example"}, {"Host", ""}, {"Host", "a b"}, {"Host", "localhost:99999"}, {"X-Forwarded-For", "1.2.3.4, ::1, x"}, {"X-Forwarded-For", strings.Repeat("1.1.1.1,", 900)}, {"X-Forwarded-Host", "evil.example"}, {"Forwarded", "for=_x"},
		{"If-None-Match", "*"}, {"If-None-Match", `"` + strings.Repeat("a", 4000)}, {"Range", "bytes=0-0,-1"}, {"Accept", "text/html"}, {"Accept-Encoding", "gzip, br"}, {"Accept-Language", strings.Repeat("ja,", 2000)}, {"X-Request-Id", "mine"}, {"Cookie", "__Host-kofu-counter=x"},
		{"Authorization", "Bearer x"}, {"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}, {"Transfer-Encoding", "identity"}, {"Te", "trailers"}, {"Trailer", "Content-Type"}, {"X-Evil", strings.Repeat("e", 12000)}, {"X-Evil", strings.Repeat("e", 40000)}, {"Date", "x"},
		{"X-Original-URL", "/metrics"}, {"X-Rewrite-URL", "/metrics"}, {"Content-Length", "5"}, {"Bad Name", "x"}, {"", "x"}, {"X-Nul", "a\x00b"},
	})
	a.set(h[0], h[1])
	return "a header"
}
