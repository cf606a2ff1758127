// SPDX-License-Identifier: Apache-2.0

// Package terminal is a kiosk terminal without a case: card slot, PIN pad, coin
// unit with escrow, printer, lamp, shutter, speaker and journal, and a client
// that speaks protocol 1.0 of the kiosk door. It was written from the protocol
// and shares no code with the service, so that each tests the other.
//
//	person ──touch, card, PIN, coins──▶ Terminal ──numbered events──▶ centre
//	       ◀──screen, speech, lamp, paper──      ◀──screen document──
//
// A [Terminal] does what a screen's cues say, repeats an event that was not
// answered, wipes what it holds when told to, and holds every answer against
// the rules of the protocol: what breaks one is a [*Violation]. A [Person]
// walks through the screens by their ids:
//
//	t, err := terminal.New(terminal.Config{URLs: urls, HTTP: client})
//	got, err := terminal.Person{Card: terminal.Chip(c), PIN: "1234", Towns: []string{"900010"}}.Walk(ctx, t)
//
// # For makers of terminals
//
// The package is a conformance kit for both sides of the wire.
//
// Against a service, of which nothing is needed but its address, the
// certificate of a terminal it knows, and cards it trusts:
//
//	go test ./test/terminal -run Conformance -args -service https://127.0.0.1:8443 \
//		-ca ca.pem -cert terminal.pem -key terminal.key -cards http://127.0.0.1:8080
//
// where -cards is the address of the demo, on whose desk the simulated cards
// lie. With -cert2 and -key2, of a second terminal, the scenarios in which one
// terminal tries another's session run too; with -stranger-cert and
// -stranger-key, of no terminal, those of a stranger. Scenarios that lack what
// they need say so and are skipped. Several replicas are given by commas.
// Time-outs are told at once; -slow waits for them, as a terminal on a wall
// does, which a service that looks at its clock may want. Without -service
// everything runs against a service in the same process. Who has cards of their
// own calls [Scenarios] from a test of theirs, with an [Env].
//
// Against a terminal, put [Watch] around the handler of a centre with
// stand-ins, let the terminal play (happy path, jam, power cut, a cable pulled
// out), and read the report:
//
//	watcher := terminal.Watch(handler)
//	server := http.Server{Handler: watcher, TLSConfig: …}
//	…
//	fmt.Print(watcher.Report())
//
// It changes nothing on the wire. It judges what a terminal can get wrong: the
// order of numbers, another body under a number that was sent before, members
// that an event does not have, anything that looks like a PIN, the sealed
// application or the receipt missing or made up, events after the end, events
// that the screen does not ask for, a time-out told before its time or not at
// all, sheets and coins that do not add up.
package terminal
