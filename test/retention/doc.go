// SPDX-License-Identifier: Apache-2.0

// Package retention proves that nothing of an applicant is kept (C1–C3, R5.3).
// It has tests alone:
//
//	TestPlantedIsFound    one marker in each place and each encoding; every one
//	                      must be found, or what follows means nothing
//	TestNothingIsKept     planted persons through every door, on good and failing
//	                      paths; then everything the program touched is searched
//	TestNumbersInMemory   the program's own memory after the last request
//
// The program is the one that ships, as a process; so are Redis and the stand-in
// for the record service, which alone may know these persons. What searches is
// kofu/cert/canary.
package retention
