// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"kofu/cert"
)

// ErrHandle is a handle that is not this session's, altered, or too old.
var ErrHandle = errors.New("staff: handle not accepted")

const (
	handleTTL  = 15 * time.Minute
	handleMost = 4096 // characters
)

// Device is the secret by which a session's applications are sealed to it
// (issuance.Who): known to the server alone, and gone with the session.
func (s *Service) Device(session string) string {
	return base64.RawURLEncoding.EncodeToString(mac(s.key("device"), session))
}

// Handle names the record of a certificate in the log. The key is the
// municipality's own: the same record has no other name anywhere else.
func (s *Service) Handle(id cert.ID) Handle {
	m := id.Municipality()
	return Handle(hex.EncodeToString(mac(s.key("record handle", string(m)), string(id))[:16]))
}

// RecordHandle names a record that was looked at in the log, by the record
// service's own handle of it: a keyed hash, so that the log tells that one
// record was opened ten times, and nobody which.
func (s *Service) RecordHandle(m cert.MunicipalityCode, handle string) Handle {
	return Handle(hex.EncodeToString(mac(s.key("looked at", string(m)), handle)[:16]))
}

// SealID encrypts a certificate ID under its municipality's key; OpenID is the
// reverse, and refuses another municipality's.
func (s *Service) SealID(id cert.ID) []byte {
	return seal(s.key("certificate id", string(id.Municipality())), []byte(id))
}

// OpenID is the reverse of SealID.
func (s *Service) OpenID(m cert.MunicipalityCode, sealed []byte) (cert.ID, error) {
	plain, ok := open(s.key("certificate id", string(m)), sealed)
	if !ok {
		return "", ErrHandle
	}
	id, err := cert.ParseID(string(plain))
	if err != nil || id.Municipality() != m {
		return "", ErrHandle
	}
	return id, nil
}

// SealHandle seals a short text into what a page may carry: it opens in the
// same session, for the same purpose, for 15 minutes. OpenHandle is the
// reverse; whatever is wrong is [ErrHandle]. A text of more than 2048 bytes,
// and a session without an ID, give no handle.
func (s *Service) SealHandle(v Session, purpose, text string) string {
	if v.ID == "" || len(text) > handleMost/2 {
		return ""
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(s.Now().Add(handleTTL).UnixMilli()))
	plain = append(plain, text...)
	return base64.RawURLEncoding.EncodeToString(seal(s.key("page handle"), plain, v.ID, purpose))
}

// OpenHandle is the reverse of SealHandle.
func (s *Service) OpenHandle(v Session, purpose, handle string) (string, error) {
	if v.ID == "" || len(handle) > handleMost {
		return "", ErrHandle
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(handle)
	if err != nil {
		return "", ErrHandle
	}
	plain, ok := open(s.key("page handle"), sealed, v.ID, purpose)
	if !ok || len(plain) < 8 || s.Now().UnixMilli() >= int64(binary.BigEndian.Uint64(plain)) {
		return "", ErrHandle
	}
	return string(plain[8:]), nil
}
