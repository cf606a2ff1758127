// SPDX-License-Identifier: Apache-2.0

//go:build !kofufault

package pdf

// lent is where a program built with the tag kofufault lends fonts from one
// document to another, for the check to be tried out on. In any other it is
// nothing.
type lent struct{}

func (*lent) font(small []byte) []byte { return small }
