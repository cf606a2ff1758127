// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// intact reports whether an answer is byte for byte what the gateway wrote, by
// its Content-Digest (RFC 9530, sha-256). TLS protects each leg of the way;
// what stands between the legs, or keeps an answer in a buffer, does not tell
// when it has changed a lot number or a date, and nothing else in an answer
// would. Without a digest, or with more than one, an answer is none.
func intact(h http.Header, answer []byte) bool {
	const before, after = "sha-256=:", ":"
	want, found := []byte(nil), 0
	for _, line := range h.Values("Content-Digest") {
		for member := range strings.SplitSeq(line, ",") {
			text, ours := strings.CutPrefix(strings.TrimSpace(member), before)
			if !ours {
				continue
			}
			found++
			text, whole := strings.CutSuffix(text, after)
			sum, err := base64.StdEncoding.Strict().DecodeString(text)
			if err != nil || !whole {
				return false
			}
			want = sum
		}
	}
	got := sha256.Sum256(answer)
	return found == 1 && subtle.ConstantTimeCompare(got[:], want) == 1
}
