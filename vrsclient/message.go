// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"crypto/rand"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
)

// about is what every request names and every answer must echo.
type about struct {
	RequestID    string `json:"request_id"`
	Municipality string `json:"municipality"`
}

func newAbout(m cert.MunicipalityCode) about {
	return about{RequestID: rand.Text(), Municipality: string(m)}
}

// echoed compares got with what was asked; it returns a cause, or "".
func (a about) echoed(got about) string {
	switch {
	case got.RequestID != a.RequestID:
		return CauseOtherRequest
	case got.Municipality != a.Municipality:
		return CauseOtherMunicipality
	}
	return ""
}

// marshal hides the encoder's error text: it may quote what it encodes.
func marshal(call string, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, &failure{call, CauseBadRequest}
	}
	return b, nil
}

// unmarshal reads exactly one JSON value without doubled or unknown names.
func unmarshal(data []byte, v any) bool {
	return json.Unmarshal(data, v, json.RejectUnknownMembers(true)) == nil
}

// unmarshalAround is unmarshal for an answer with a [jsontext.Value] in it that
// is read apart: broken UTF-8 is let pass here, where nothing but exact text is
// taken, and refused there.
func unmarshalAround(data []byte, v any) bool {
	return json.Unmarshal(data, v, json.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true)) == nil
}
