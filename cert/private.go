// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Redacted makes a struct that embeds it print, log and marshal as
// "[redacted]", whatever the verb or encoder. Personal data crosses a
// boundary only where a wire type of that boundary copies it on purpose.
type Redacted struct{}

// Format implements [fmt.Formatter] for every verb, %#v included.
func (Redacted) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue implements [slog.LogValuer].
func (Redacted) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements json.Marshaler.
func (Redacted) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// Private is a piece of personal text: a name, an address, a passport number.
// The bytes are kept as received; nothing here normalises them.
type Private string

// Reveal returns the text itself.
func (p Private) Reveal() string { return string(p) }

// Format implements [fmt.Formatter] for every verb, %#v included.
func (Private) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue implements [slog.LogValuer].
func (Private) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Private) MarshalText() ([]byte, error) { return []byte(redacted), nil }
