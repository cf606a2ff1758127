// SPDX-License-Identifier: Apache-2.0

// Package pdf lays out the printed certificate, one A4 page in Japanese and
// English, and reads finished pages back.
//
// The writing half ([Renderer]) turns a certificate into places for texts,
// rules and symbols (layout.go), and those into a file. What all pages of a
// kind have in common is laid out, drawn by gofpdf and put into the beginning
// of a file once, when the program starts (template.go, draw.go). To that a
// document adds what is its own: values, symbols, and a small font of those of
// its glyphs that the kind's font lacks, cut from fonts parsed once (write.go,
// content.go, subset.go). gofpdf sees no value: it knows no character beyond
// U+FFFF, panics on broken text and writes into the fonts it is given. Codes
// are numbers of glyphs and have a map to true text, variation sequences
// included; a wide space, and a line of two fonts, have it beside them as
// ActualText too (ISO 32000-1 14.9.4). Where a document was written is cleared
// before another is.
//
// The reading half ([Read], files read*.go) shares no code with it and does
// not use gofpdf: finished bytes → objects → runs of text and modules of
// symbols. [Renderer.Check] holds what was read against what should be there,
// down to the outlines of the glyphs, before a page may leave.
//
// The file is tagged (tags.go), and what a screen reader says of it is read and
// checked like what is painted (read_tags.go).
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
