// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"errors"

	"kofu/cert"
)

// Causes, for metrics and logs. None is shown to anybody outside.
const (
	CausePurpose      = "purpose"       // not 証明書交付; nothing was sent (A5)
	CauseBadRequest   = "bad_request"   // cannot be asked; nothing was sent
	CauseNoCredential = "no_credential" // municipality not served here; nothing was sent
	CauseBreakerOpen  = "breaker_open"  // nothing was sent
	CauseBusy         = "busy"          // no connection to be had in time; nothing was sent

	CauseTimeout      = "timeout"
	CauseCancelled    = "cancelled" // by the caller
	CauseConnection   = "connection"
	CauseTruncated    = "truncated"    // the connection ended within the answer
	CauseServerError  = "server_error" // 5xx or 429
	CauseUnauthorized = "unauthorized" // 401 or 403
	CauseRefused      = "refused"      // any other status
	CauseContentType  = "content_type" // not JSON
	CauseTooLarge     = "too_large"    // beyond the limit
	CauseDigest       = "digest"       // without the digest of its content, or changed on the way
	CauseMalformed    = "malformed"    // not JSON, doubled or unknown names, missing or wrong values
	CauseUnknown      = "unknown"      // an outcome that the contract does not have

	CauseOtherRequest      = "other_request"      // an answer to another request
	CauseOtherMunicipality = "other_municipality" // or from another partition
	CauseOtherIssuance     = "other_issuance"
	CauseOtherPerson       = "other_person" // the proof is of another number, or the record of another than was shown (A6)
	CauseOtherList         = "other_list"   // the answer is about another list of blocks

	CauseStale   = "stale"    // as_of or issue time too old (R1.8)
	CauseFuture  = "future"   // as_of or issue time ahead of our clock
	CauseRecord  = "record"   // the record has a missing or wrong value in it: one person's, not the gateway's, trouble
	CauseNoDoses = "no_doses" // found, with no dose at all: never "zero doses" (R4.1)
	CauseBadID   = "bad_id"   // certificate ID of wrong form, municipality or date

	CauseRecordChanged = "record_changed" // not a failure of the gateway
)

// failure is why a call has no answer. It holds a cause and nothing else, so
// that no library's error text, which may quote input, travels on.
type failure struct{ call, cause string }

func (f *failure) Error() string { return "vrsclient: " + f.call + ": " + f.cause }

func (f *failure) Is(target error) bool { return target == cert.ErrUnavailable }

// Cause returns the cause of an error of this package: one of the Cause…
// constants, or "" when err is nil or none of ours.
func Cause(err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.cause
	}
	if errors.Is(err, cert.ErrRecordChanged) {
		return CauseRecordChanged
	}
	return ""
}

// again reports whether another attempt may do better. An answer of wrong
// content is not asked for twice: it would hide a fault that must be seen.
func again(cause string) bool {
	switch cause {
	case CauseConnection, CauseTruncated, CauseServerError:
		return true
	}
	return false
}

// sick reports whether the cause speaks against the gateway as a whole, and
// not against one municipality's credential or one person's record.
func sick(cause string) bool {
	switch cause {
	case CauseTimeout, CauseConnection, CauseTruncated, CauseServerError,
		CauseContentType, CauseTooLarge, CauseDigest, CauseMalformed, CauseUnknown:
		return true
	}
	return false
}
