// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"strconv"

	"kofu/cert"
	"kofu/cert/issuance"
)

// whatToCheck adds to the refusal of a record what looks wrong, at which dose,
// and which municipality to ask (N11). It is said to who has proved to be the
// record's person; any other error is left as it is, that of a person under
// protective measures among them, which is told as no record.
func whatToCheck(err error) error {
	check, ok := errors.AsType[*issuance.CheckError](err)
	if !ok {
		return err
	}
	details := map[string][]string{"contact_ja": {check.Town.ContactJa}, "contact_en": {check.Town.ContactEn}}
	for _, f := range check.Findings {
		r, _ := cert.FindingRuleOf(f.Code)
		details["finding"] = append(details["finding"], f.Code)
		details["dose"] = append(details["dose"], strconv.Itoa(max(f.Dose, 0)))
		details["finding_ja"] = append(details["finding_ja"], r.Ja)
		details["finding_en"] = append(details["finding_en"], r.En)
	}
	return told{err, details}
}
