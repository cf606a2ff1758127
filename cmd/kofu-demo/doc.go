// SPDX-License-Identifier: Apache-2.0

// Kofu-demo is the whole service on one machine, with stand-ins for everything
// around it. It needs Go and nothing else, asks nobody outside, keeps nothing,
// and everybody in it is made up.
//
//	kofu-demo [-listen 127.0.0.1:8080]        serve, with a phone page for the browser
//	kofu-demo -list                           who there is, and what each of them shows
//	kofu-demo -once -out DIR [-resident ID]   issue both kinds to files, verify them, end
//
// Real are the API, the card checks, issuing, the client of the vaccination
// record system (over mutual TLS on the loopback interface) and the Redis
// store. Stand-ins are the record system, the cards, Redis (in this process,
// with a clock that is moved by hand) and the keys, which are made at every
// start: what they sign is marked 見本 / SPECIMEN, and verifies only with the
// keys that this very run publishes.
//
// # Being the phone
//
// Besides the contract of api/openapi.yaml, the demo serves what a phone has
// at hand, so that any HTTP client can be one. Bodies and answers are JSON,
// bytes are base64 with padding, errors are problem documents.
//
//	GET /demo/residents
//	    {"residents": [{"id", "case", "case_ja", "name", "municipality", "also_in",
//	    "pin", "mrz", "expected": {"domestic", "overseas"}}]}
//	    "mrz" is the passport's two lines, null for none; "expected" holds the
//	    code of the outcome, "issued" for a certificate.
//
//	POST /demo/cards/{resident}/read   {"pin": "1234", "message": "…"}
//	    {"ef0001", "ef0002", "ef0003", "ef0004", "ef0007", "signature"}
//	    The card's files and its signature, named as in the "card" member of
//	    POST /app/v1/applications. The message is M of the contract, which is
//	    hashed here; exactly 32 bytes are taken for a hash made already;
//	    without a message there is no signature.
//	    403 {"code": "pin_incorrect", "tries_left": n}, after three of them
//	    {"code": "pin_blocked", "tries_left": 0}; 404 for nobody's card.
//
//	POST /demo/cards/{resident}/unblock   {}
//	    204; what the municipality's counter does for a blocked card.
//
// A journey from a shell, with curl, jq and openssl, up to the preview:
//
//	base=http://127.0.0.1:8080 who=r001 pin=2348 town=900010 device=$(openssl rand -hex 16)
//	post() { curl -s "$base$1" -H 'Content-Type: application/json' -d "$2"; }
//	hash() { jq -r ".$1" <<<"$files" | base64 -d | openssl dgst -sha256 -binary; }
//	files=$(post /demo/cards/$who/read "{\"pin\":\"$pin\"}")
//	challenge=$(post /app/v1/challenges '{}')
//	m=$({ printf kofu-card-v1; jq -r .challenge <<<"$challenge" | base64 -d; hash ef0003; hash ef0007; } | base64 -w0)
//	card=$(post /demo/cards/$who/read "{\"pin\":\"$pin\",\"message\":\"$m\"}")
//	post /app/v1/applications "$(jq -n --argjson card "$card" --argjson c "$challenge" \
//	    --arg device "$device" --arg town "$town" \
//	    '{challenge_id: $c.challenge_id, device: $device, card: $card, kind: "domestic", municipality: $town}')"
//
// For the page alone there are also POST /demo/qr {"text"}, a QR code as PNG,
// and GET /demo/metrics, what was counted.
package main
