// SPDX-License-Identifier: Apache-2.0

// Package arch guards the shape of the repository: who may import whom, what
// a file may be called, how long a function may grow, that every decoder is
// fuzzed, every link in the documents leads somewhere, and every requirement
// row A1–F15 is answered by a test, by a document, or openly not yet.
//
// The checks read source with go/parser and are functions over a file system,
// so that the package's own tests can show each of them a tree that breaks
// the rule. They need no build and no network.
package arch
