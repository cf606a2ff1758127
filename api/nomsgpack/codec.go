// SPDX-License-Identifier: Apache-2.0

// Package codec stands where gin expects its MessagePack library, which nothing
// here speaks and which takes longer to compile than the whole of kofu. It
// refuses everything. See deploy/adr/0006-gin-without-messagepack.md.
package codec

import (
	"errors"
	"io"
)

// ErrNotSpoken is what everything here answers.
var ErrNotSpoken = errors.New("codec: MessagePack is not spoken here")

// MsgpackHandle configures nothing.
type MsgpackHandle struct{}

// Decoder decodes nothing.
type Decoder struct{}

// NewDecoder returns a Decoder.
func NewDecoder(io.Reader, *MsgpackHandle) Decoder { return Decoder{} }

// Decode returns [ErrNotSpoken].
func (Decoder) Decode(any) error { return ErrNotSpoken }

// Encoder encodes nothing.
type Encoder struct{}

// NewEncoder returns an Encoder.
func NewEncoder(io.Writer, *MsgpackHandle) Encoder { return Encoder{} }

// Encode returns [ErrNotSpoken].
func (Encoder) Encode(any) error { return ErrNotSpoken }
