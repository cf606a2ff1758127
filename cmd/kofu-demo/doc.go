// SPDX-License-Identifier: Apache-2.0

// Kofu-demo is the whole service on one machine, with stand-ins for everything
// around it. It needs Go and nothing else, asks nobody outside, keeps nothing,
// and everybody in it is made up.
//
//	kofu-demo [-listen 127.0.0.1:8080]        serve, with a phone page, a kiosk page and the counter for the browser
//	kofu-demo -list                           who there is, and what each of them shows
//	kofu-demo -once -out DIR [-resident ID]   issue both kinds to files, verify them, end
//
// Real are the API, the doors of the kiosk and of the counter (listeners of
// their own with mutual TLS), the card checks, issuing, the client of the
// vaccination record system (over mutual TLS on the loopback interface), the
// Redis store and the SQL store (in memory). Stand-ins are the record system, the
// cards, Redis (in this process, with a clock that is moved by hand) and the
// keys, which are made at every start: what they sign is marked 見本 /
// SPECIMEN, and verifies only with the keys that this very run publishes.
//
// # Being the phone
//
// Besides the contract of api/openapi.yaml, the demo serves what a phone has
// at hand, so that any HTTP client can be one. Bodies and answers are JSON,
// bytes are base64 with padding, errors are problem documents.
//
//	GET /demo/residents
//	    {"residents": [{"id", "case", "case_ja", "name", "municipality", "also_in",
//	    "pin", "mrz", "expected": {"domestic", "overseas"}, "kiosk": {…}}]}
//	    "mrz" is the passport's two lines, null for none; "expected" holds the
//	    code of the outcome on the phone, "issued" for a certificate, "kiosk"
//	    that at a kiosk.
//
//	POST /demo/cards/{resident}/read   {"pin": "1234", "surface": true, "message": "…"}
//	    {"ef0001", "ef0002", "ef0003", "ef0004", "surface": {"birth", "sex",
//	    "key", "pictures", "photo", "signature", "ef0004"}, "signature"}
//	    What a reader has of the card, and the card's signature, named as in the
//	    "card" member of POST /app/v1/applications. The surface application is
//	    opened and signs, which is what the app's challenges ask for; without
//	    "surface" the text application signs, as at a kiosk, and there is
//	    "ef0007" instead. The message is M of the contract, which is hashed
//	    here; exactly 32 bytes are taken for a hash made already; without a
//	    message there is no signature. With "foreign": true it is a card of an
//	    authority that the service does not know.
//	    403 {"code": "pin_incorrect", "tries_left": n}, after three of them
//	    {"code": "pin_blocked", "tries_left": 0}; 404 for nobody's card.
//
//	POST /demo/cards/{resident}/unblock   {}
//	    204; what the municipality's counter does for a blocked card.
//
// Nobody is asked to have a device attested: any HTTP client may be the phone,
// and POST /app/v1/devices is not there. Passports are read by their lines.
//
// A journey from a shell, with curl, jq and openssl, up to the preview:
//
//	base=http://127.0.0.1:8080 who=r001 pin=2348 town=900010 device=$(openssl rand -hex 16)
//	post() { curl -s "$base$1" -H 'Content-Type: application/json' -d "$2"; }
//	hash() { for f; do jq -r ".$f" <<<"$files" | base64 -d; done | openssl dgst -sha256 -binary; }
//	files=$(post /demo/cards/$who/read "{\"pin\":\"$pin\",\"surface\":true}")
//	challenge=$(post /app/v1/challenges '{}')
//	m=$({ printf kofu-card-v2; jq -r .challenge <<<"$challenge" | base64 -d; hash ef0003; hash surface.{birth,sex,key}; } | base64 -w0)
//	card=$(post /demo/cards/$who/read "{\"pin\":\"$pin\",\"surface\":true,\"message\":\"$m\"}")
//	post /app/v1/applications "$(jq -n --argjson card "$card" --argjson c "$challenge" \
//	    --arg device "$device" --arg town "$town" \
//	    '{challenge_id: $c.challenge_id, device: $device, card: $card, kind: "domestic", municipality: $town}')"
//
// # Being the terminal
//
// deploy/kiosk-protocol.md is the contract. There are three terminals, demo-1
// to demo-3. The demo holds their certificates: a line adds the one, and passes
// everything else on as it is, both ways.
//
//	POST /demo/kiosk/{terminal}/sessions                     to /kiosk/v1/sessions
//	POST /demo/kiosk/{terminal}/sessions/{session}/events    to /kiosk/v1/sessions/{session}/events
//
// A session from a shell, with the card of above, up to what the paper will say:
//
//	line=/demo/kiosk/demo-1/sessions
//	session=$(post $line '{"protocol":["1.0"],"software":{"name":"shell","version":"1","config":"00000000"},
//	    "hardware":{"reader":"ok","printer":"ok","coins":"ok","speaker":"none"}}' | jq -r .session)
//	tell() { post $line/$session/events "$(jq -n "{number:$1,type:\"$2\"$3}")"; }
//	n=0; for c in en agree domestic $town; do n=$((n+1)); tell $n choose ",choice:\"$c\"" | jq -r .screen.title; done
//	tell 5 card_placed | jq -r .screen.title; answer=$(tell 6 pin_verified)
//	files=$(post /demo/cards/$who/read "{\"pin\":\"$pin\"}")
//	m=$({ printf kofu-card-v1; jq -r .challenge.bytes <<<"$answer" | base64 -d; hash ef0003; hash ef0007; } | base64 -w0)
//	card=$(post /demo/cards/$who/read "{\"pin\":\"$pin\",\"message\":\"$m\"}")
//	held=$(tell 7 card_read ",card:$card" | jq .hold.application)
//	tell 8 card_removed ",application:$held" | jq .screen.content
//
// What can be arranged at the centre, so that every screen can be seen:
//
//	GET /demo/kiosk/screens
//	    {"screens": […], "terminals": […]}: every screen there is, by id.
//
//	POST /demo/kiosk/closures   {"reason": "maintenance", "minutes": 60}
//	    201 {"id"}. The reason is maintenance or suspension; "municipality" is a
//	    code, or all; "minutes" how long, or until it is lifted; "after" in how
//	    many minutes it begins; "ja" and "en" what persons are told.
//
//	POST /demo/kiosk/closures/{id}/lift   {}
//	    204.
//
//	POST /demo/kiosk/arrangement   {"max_sessions": 1}
//	    204; another centre is behind the door, and sessions go on. All members
//	    may be left out: "max_sessions" at once, "fee_yen" of a copy,
//	    "closed_today", "crowded", "many_towns", "without" a municipality,
//	    "records_down", "broken". {} is as usual.
//
// # Being the staff
//
// The counter is served at http://PC.localhost:8080/counter/ for each PC of a
// town hall: kaku-1 and kaku-2 of one city, mihon-1, and shiken-1 of a village
// whose first administrator has yet to enrol. The demo holds the PCs'
// certificates: a line adds the one that the address names, and passes
// everything else on as it is, both ways. Without a name it is the first. A
// browser keeps apart the cookies of each, so it can be several people; it
// takes the cookie, which is for TLS, from this machine without.
//
// The page /demo/counter lists the accounts with their passwords and present
// codes, and who may come. There are no passkeys here.
//
//	GET /demo/counter/staff
//	    {"terminals": […], "logins": [{"municipality", "login", "functions",
//	    "terminals", "password", "totp", "code", "invitation"}], "residents":
//	    [{"name", "kana", "birth", "ticket", "number", "mrz", "expected"}],
//	    "pages": […], "seconds": 17}. "totp" is the secret in base32; the codes
//	    change in so many seconds; "pages" are those of the console.
//
//	POST /demo/later   {"seconds": 180}
//	    204; every clock goes ahead, at most a day, as if nobody had done
//	    anything for so long.
//
// For the pages alone there are also POST /demo/qr {"text"}, a QR code as PNG,
// and GET /demo/metrics, what was counted.
package main
