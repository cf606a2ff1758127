// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"encoding/json"
	"strings"

	strict "github.com/go-json-experiment/json"
)

// FileType is the media type of [File]; its extension is FileExtension.
const (
	FileType      = "application/smart-health-card"
	FileExtension = ".smart-health-card"
)

// File returns the content of a .smart-health-card file with the given cards.
func File(jws ...string) []byte {
	if jws == nil {
		jws = []string{}
	}
	data, err := json.Marshal(map[string][]string{"verifiableCredential": jws})
	if err != nil {
		return nil // strings always marshal
	}
	return data
}

// ParseFile returns the cards of a .smart-health-card file, unread. Unknown
// members are let pass. It fails with a [*MalformedError].
func ParseFile(data []byte) ([]string, error) {
	if len(data) > 16*maxJWS {
		return nil, malformed("file: too long")
	}
	var f struct {
		Cards []string `json:"verifiableCredential"`
	}
	if err := strict.Unmarshal(data, &f); err != nil {
		return nil, malformed("file: not JSON of the right shape")
	}
	if len(f.Cards) == 0 {
		return nil, malformed("file: no verifiableCredential")
	}
	return f.Cards, nil
}

// DeepLink returns the link that hands a card to a wallet at base, such as
// https://wallet.example: the card lies in the fragment, which a browser does
// not send to the server.
func DeepLink(base, jws string) string {
	if !strings.Contains(base, "://") {
		base = "https://" + base
	}
	// {"verifiableCredential":["…"]}, percent-encoded; a JWS needs no encoding.
	return strings.TrimRight(base, "/") + "/SMARTHealthCard/#%7B%22verifiableCredential%22%3A%5B%22" + jws + "%22%5D%7D"
}
