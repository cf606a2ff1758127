// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/go-json-experiment/json"
)

// state is a session as [Sessions] keeps it: no name, nothing of an applicant,
// and no secret but under seal. Times are Unix milliseconds.
type state struct {
	Stage    Stage  `json:"stage"`
	Account  string `json:"account"`
	Member   string `json:"member,omitempty"`
	Terminal string `json:"terminal"`
	Epoch    int    `json:"epoch"`
	Factor   string `json:"factor,omitempty"`
	Language string `json:"language"`
	Since    int64  `json:"since"`
	Active   int64  `json:"active"`
	Alive    int64  `json:"alive"`
	Tries    int    `json:"tries,omitempty"`    // of the second factor
	Ceremony []byte `json:"ceremony,omitempty"` // of a passkey, between begin and finish
	Password []byte `json:"password,omitempty"` // chosen at an enrolment: its PHC string, sealed
	Secret   []byte `json:"secret,omitempty"`   // likewise of TOTP
	Over     bool   `json:"over,omitempty"`     // has ended
	Owed     string `json:"owed,omitempty"`     // why, as long as the log may not have it
	Ended    int64  `json:"ended,omitempty"`    // when that was tried last
}

func (st state) encode() []byte {
	b, err := json.Marshal(st)
	if err != nil { // of strings, numbers and bytes
		panic("staff: encode a session: " + err.Error())
	}
	return b
}

// decodeState refuses what this program did not write.
func decodeState(data []byte) (st state, ok bool) {
	if json.Unmarshal(data, &st, json.RejectUnknownMembers(true)) != nil {
		return state{}, false
	}
	switch st.Stage {
	case StageEnrol, StagePassword, StageFull:
	default:
		return state{}, false
	}
	if st.Account == "" || st.Terminal == "" || st.Since <= 0 || st.Active < st.Since || st.Alive < st.Since || st.Tries < 0 {
		return state{}, false
	}
	return st, st.Language == "ja" || st.Language == "en"
}

// newToken returns 256 random bits and what the server keeps of them.
func newToken() (token, id string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	token = base64.RawURLEncoding.EncodeToString(b)
	return token, tokenID(token)
}

func tokenID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// isToken keeps what is no token from the store.
func isToken(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 32 && len(s) == 43
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
