// SPDX-License-Identifier: Apache-2.0

// Package vrs stands in for the Vaccination Record System (VRS) behind its
// gateway: the contract of vrsclient/openapi.yaml, over SQLite, with made-up
// residents. It is for tests, the demo and load runs, and never ships.
//
// Each municipality has a partition: a database of its own, personal columns
// encrypted with that municipality's key, persons found by a keyed hash of
// their number, ticket number or birth date, and a credential that opens this partition and no other (D4).
// Records are erased through the partition alone (D5).
//
//	stand, err := vrs.Open(vrs.Config{})        // embedded residents, in memory
//	run, err := stand.Start("127.0.0.1:0")      // mutual TLS, throw-away certificates
//	client, err := vrsclient.New(vrsclient.Config{
//		BaseURL: run.URL, TLS: run.ClientTLS(), Credentials: stand.Credentials(),
//	})
//	stand.Faults().Add(vrs.Fault{Call: "find", Kind: vrs.OtherPerson, Times: 1})
//
// What the seed calls 接種対象者登録用ファイル is data/residents.csv here; doses
// come in the layout of VRS's ledger output (予防接種台帳向け出力), published for
// two doses and continued sideways for more (assumed).
package vrs
