// SPDX-License-Identifier: Apache-2.0

package issuance

import (
	"time"

	"kofu/cert"
)

// Prepared is a finished certificate as it may leave before the fee is paid:
// as ciphertext, whose key stays here.
type Prepared struct {
	cert.Redacted
	Certificate    string // JWE of the paper (PDF)
	Receipt        string // JWE, for Release alone
	CertificateKID string // for Shred
	ReceiptKID     string // likewise
	Issuance       cert.IssuanceID
	FeeYen         int // of one copy
	Expires        time.Time
}
