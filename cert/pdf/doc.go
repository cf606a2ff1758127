// SPDX-License-Identifier: Apache-2.0

// Package pdf lays out the printed certificate, one A4 page in Japanese and
// English, and reads finished pages back.
//
// The writing half ([Renderer]) turns a certificate into places for texts,
// rules and symbols (layout.go), and those into a file with gofpdf (draw.go).
// gofpdf never sees the whole font: it writes into the bytes it is given,
// knows no character beyond U+FFFF and panics on broken text. So every
// document gets a font of its own, cut from fonts parsed once (font.go,
// cut.go), in which everything beyond the Basic Multilingual Plane and every
// variation sequence has a private code; the true text travels beside it as
// ActualText (ISO 32000-1 14.9.4).
//
// The reading half ([Read], files read*.go) shares no code with it and does
// not use gofpdf: finished bytes → objects → runs of text and modules of
// symbols. [Renderer.Check] holds what was read against what should be there,
// down to the outlines of the glyphs, before a page may leave.
//
// Paper from a machine has a copy-evident background (複写けん制), a light
// screen in which words show on a photocopy (background.go). To the reader
// there is one such background, which it works out for itself from the shape
// of the words (read_background.go); anything else that is painted below the
// items is refused.
//
// Paper that shows a name in characters the applicant insists on (旧字・俗字)
// bears no symbol, since what is signed has the registered ones; a note stands
// in its place. Other names of a passport (旧姓・別姓・別名) stand below its
// name in parentheses, as passports show them.
//
// The official form is not published as text; arrangement, wording of labels
// and sizes are assumed. What has to be there is in the Digital Agency's FAQ
// on the certificate (items, notes, kinds).
//
// The embedded font is Noto Sans JP Regular, under the SIL Open Font License
// 1.1 (font/LICENSE_FONT).
package pdf
