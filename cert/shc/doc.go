// SPDX-License-Identifier: Apache-2.0

// Package shc writes and reads SMART Health Cards, framework 1.4.0 (the HL7
// "SMART Health Cards and Links" STU1 has the same rules).
//
//	cert.Certificate
//	  → FHIR bundle: Patient, one Immunization a dose (data-minimisation profile)
//	  → claims iss, nbf, vc, as minified JSON
//	  → raw DEFLATE
//	  → compact JWS, ES256, "zip":"DEF"                     Encode
//	  → "shc:/" and two digits a character, for a QR code   Numeric
//
// Reading goes the other way ([FromNumeric], [Parse], [Card.Verify]) and
// shares no code with writing but the few forms in terms.go, that are the
// framework's own; the signature is checked by go-jose. What is written is
// narrow (whole seconds, minified, one chunk); what is read is what the real
// world holds: fractional nbf, spaces, \u escapes, chunks, other resources.
//
// A card can fail in ways that must not be mixed up: not a card at all
// ([MalformedError], which says what is malformed and quotes nothing), signed
// by a key not known ([ErrUnknownKey]), not signed by the key it names
// ([ErrSignature]), out of its time ([ErrExpired], [ErrNotYetValid]), revoked
// ([CRL.Revokes]).
package shc
