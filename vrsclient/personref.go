// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"

	"kofu/cert"
)

var (
	refForm    = regexp.MustCompile(`^[A-Za-z0-9]{22,40}$`)
	markForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)
	handleForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)
)

// personRef is the gateway's reference to a person, and a mark of whom the
// clerk was shown under it. The gateway never sees the mark: it is for
// [Desk.Open] to tell, on whatever replica, that the record which comes is
// of that person and no other (A6). To anybody without the record's handle it
// is as random as the reference, which is its key.
func personRef(ref, handle string, h cert.Holder) cert.PersonRef {
	return cert.PersonRef(ref + "-" + mark(ref, handle, h))
}

// mark is 128 bits of HMAC-SHA-256. No part has a zero byte in it: see text.
func mark(ref, handle string, h cert.Holder) string {
	mac := hmac.New(sha256.New, []byte(ref))
	mac.Write([]byte(strings.Join([]string{handle, h.Name.Reveal(), h.BirthDate.String(), strconv.Itoa(int(h.Sex))}, "\x00")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func cutPersonRef(r cert.PersonRef) (ref, mark string, ok bool) {
	ref, mark, _ = strings.Cut(string(r), "-")
	return ref, mark, refForm.MatchString(ref) && markForm.MatchString(mark)
}
