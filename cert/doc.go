// SPDX-License-Identifier: Apache-2.0

// Package cert is the domain: who is certified ([Holder]), what a
// vaccination record service holds of them ([Record], [Dose]), the rules that
// decide what may be certified ([Certifiable]) and the [Certificate] that the
// encoders in the packages below turn into signed forms.
//
// It imports nothing but the standard library. Everything personal prints,
// logs and marshals as "[redacted]"; the one way to the text is to ask for it
// by name ([Private.Reveal], [MyNumber.Digits]).
package cert
