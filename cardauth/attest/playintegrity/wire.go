// SPDX-License-Identifier: Apache-2.0

package playintegrity

import (
	"errors"
	"strconv"
	"strings"
)

// payload is what of an integrity verdict is judged. Members that are missing
// are as good as empty ones: no rule accepts either.
type payload struct {
	Request struct {
		Package   string  `json:"requestPackageName"`
		Nonce     string  `json:"nonce"`
		Timestamp decimal `json:"timestampMillis"` // since the epoch
	} `json:"requestDetails"`
	App struct {
		Verdict      AppVerdict `json:"appRecognitionVerdict"`
		Package      string     `json:"packageName"`
		Certificates []string   `json:"certificateSha256Digest"`
		Version      decimal    `json:"versionCode"`
	} `json:"appIntegrity"`
	Device struct {
		Verdicts []DeviceVerdict `json:"deviceRecognitionVerdict"`
	} `json:"deviceIntegrity"`
	Account struct {
		Licence Licence `json:"appLicensingVerdict"`
	} `json:"accountDetails"`
	Testing struct {
		IsResponse bool `json:"isTestingResponse"`
	} `json:"testingDetails"`
}

// decimal is a whole number from 0 on, in quotes, as Google documents it for 64
// bits, or without.
type decimal int64

var errDecimal = errors.New("playintegrity: not a whole number")

// UnmarshalJSON takes null for a member that is missing, as other types do.
func (d *decimal) UnmarshalJSON(b []byte) error {
	text := string(b)
	if text == "null" {
		return nil
	}
	if len(text) > 1 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	digits := strings.Trim(text, "0123456789") == ""
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !digits || (text[0] == '0' && len(text) > 1) {
		return errDecimal
	}
	*d = decimal(n)
	return nil
}
