// SPDX-License-Identifier: Apache-2.0

package vrsclient

import "kofu/cert"

type invalidate struct {
	about
	ID string `json:"certificate_id"`
}

func newInvalidate(m cert.MunicipalityCode, id cert.ID) invalidate {
	return invalidate{newAbout(m), string(id)}
}

type invalidateAnswer struct {
	about
	ID      string `json:"certificate_id"`
	Outcome string `json:"outcome"`
}

func (i invalidate) read(data []byte) (v verdict[struct{}], err error) {
	var got invalidateAnswer
	if !unmarshal(data, &got) {
		return v, &failure{"invalidate", CauseMalformed}
	}
	cause := i.echoed(got.about)
	switch {
	case cause != "":
	case got.ID != i.ID:
		cause = CauseOtherIssuance
	case got.Outcome == "invalidated":
		return v, nil
	case got.Outcome == "none":
		v.refusal = cert.ErrNoIssue
		return v, nil
	default:
		cause = CauseUnknown
	}
	return v, &failure{"invalidate", cause}
}
