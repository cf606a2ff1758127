// SPDX-License-Identifier: Apache-2.0

//go:build !(kofufault && kofublind)

package issuance

// blind turns the look at what was made off, in a program that is built so to
// try out what else would catch a fault.
const blind = false
