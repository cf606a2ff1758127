// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"kofu/api/app"
	"kofu/api/problem"
	"kofu/cardauth/attest"
	"kofu/cardauth/passport"
)

var (
	// appNotAccepted is all that a caller learns of why its device was refused:
	// whoever tries a tampered app is not told what gave it away.
	appNotAccepted = problem.Problem{Status: http.StatusForbidden, Code: "app_not_accepted", Title: problem.Text{Ja: "このアプリまたは端末からは申請できません。", En: "Applications are not taken from this app or device."}, Next: problem.Text{Ja: "公式ストアの最新のアプリでもう一度お試しください。続くときは市区町村の窓口で申請してください。", En: "Try again with the latest app from the official store. If this goes on, apply at the counter of your municipality."}}
	// appOutdated has no Upgrade header, which RFC 9110, 15.5.22 wants with 426:
	// it is the app that is too old, no protocol is offered in the place of
	// HTTP, and under HTTP/2 the header would make the answer malformed (RFC
	// 9113, 8.2.2).
	appOutdated = problem.Problem{Status: http.StatusUpgradeRequired, Code: "app_outdated", Title: problem.Text{Ja: "アプリの版が古いため、ご利用になれません。", En: "This version of the app is too old."}, Next: problem.Text{Ja: "公式ストアでアプリを更新してください。", En: "Update the app from the official store."}}
	// tooMany has its Retry-After from the door, which knows when the window ends.
	tooMany = problem.Problem{Status: http.StatusTooManyRequests, Code: "too_many", Title: problem.Text{Ja: "短い時間に多くの申請がありました。", En: "There were too many attempts in a short time."}, Next: problem.Text{Ja: "時間をおいてからお試しください。お急ぎの方は市区町村の窓口をご利用ください。", En: "Try again later. If you are in a hurry, go to the counter of your municipality."}}
)

// deviceRules give every refusal of a device, a credential or an assertion one
// public problem, and to metrics each code.
func deviceRules() []problem.Rule {
	rules := []problem.Rule{
		problem.Is(app.ErrOutdated, "APP_OUTDATED", appOutdated),
		problem.Is(app.ErrUnnamed, "APP_UNNAMED", appOutdated),
		problem.Is(app.ErrTooManyNetwork, "TOO_MANY_NETWORK", tooMany),
		problem.Is(app.ErrTooManyCard, "TOO_MANY_CARD", tooMany),
		problem.Is(app.ErrTooManyDevice, "TOO_MANY_DEVICE", tooMany),
		problem.Is(attest.ErrIssue, "CREDENTIAL_ISSUE", unavailable),
	}
	for _, code := range attest.Codes() {
		rules = append(rules, problem.Rule{Internal: string(code), Problem: appNotAccepted, Match: func(err error) bool {
			got, ok := attest.CodeOf(err)
			return ok && got == code
		}})
	}
	return append(rules, problem.Rule{Internal: "DEVICE", Problem: appNotAccepted, Match: as[attest.Error]}) // refuse what is new
}

// chipCodes says which public problem each of package passport's codes becomes.
// A caller learns what to do next (read the chip, read the passport again, go to
// the counter) and not which check caught it.
var chipCodes = map[passport.Code]problem.Problem{
	passport.CodeRequired:      chipRequired,
	passport.CodeNotConfigured: badRequest,
	passport.CodeDG1NotTD3:     passportInvalid,
	passport.CodeMRZDiffers:    passportInvalid,

	passport.CodeSODMissing:        chipInvalid,
	passport.CodeSODSize:           chipInvalid,
	passport.CodeSODMalformed:      chipInvalid,
	passport.CodeSODTrailing:       chipInvalid,
	passport.CodeCMSMalformed:      chipInvalid,
	passport.CodeCMSVersion:        chipInvalid,
	passport.CodeCMSContent:        chipInvalid,
	passport.CodeSignerCount:       chipInvalid,
	passport.CodeCertificateNone:   chipInvalid,
	passport.CodeCertificate:       chipInvalid,
	passport.CodeSignerUnknown:     chipInvalid,
	passport.CodeAlgorithm:         chipInvalid,
	passport.CodeAlgorithmMismatch: chipInvalid,
	passport.CodeSHA1:              chipInvalid,
	passport.CodeAttrsMissing:      chipInvalid,
	passport.CodeAttrsMalformed:    chipInvalid,
	passport.CodeAttrsContent:      chipInvalid,
	passport.CodeAttrsDigest:       chipInvalid,
	passport.CodeLDSMalformed:      chipInvalid,
	passport.CodeLDSCount:          chipInvalid,
	passport.CodeLDSNumber:         chipInvalid,
	passport.CodeLDSTwice:          chipInvalid,
	passport.CodeLDSLength:         chipInvalid,
	passport.CodeDG1Unlisted:       chipInvalid,
	passport.CodeDG1Missing:        chipInvalid,
	passport.CodeDG1Size:           chipInvalid,
	passport.CodeDG1Malformed:      chipInvalid,
	passport.CodeDG1Digest:         chipInvalid,
	passport.CodeSignerWithdrawn:   chipInvalid,
	passport.CodeSignerPurpose:     chipInvalid,
	passport.CodeSignerKey:         chipInvalid,
	passport.CodeCSCAUnknown:       chipInvalid,
	passport.CodeSignerSig:         chipInvalid,
	passport.CodeCSCANotValid:      chipInvalid,
	passport.CodeSignerNotYet:      chipInvalid,
	passport.CodeSignerExpired:     chipInvalid,
	passport.CodeSignature:         chipInvalid,
	passport.CodeMRZ:               chipInvalid,
	passport.CodeType:              chipInvalid,
	passport.CodeState:             chipInvalid,
}

func chipRules() []problem.Rule {
	var rules []problem.Rule
	for _, code := range passport.Codes() {
		p, known := chipCodes[code]
		if !known {
			p = chipInvalid // refuse what is new; the test of the table tells
		}
		rules = append(rules, problem.Rule{Internal: string(code), Problem: p, Match: func(err error) bool {
			got, ok := passport.CodeOf(err)
			return ok && got == code
		}})
	}
	return append(rules, problem.Rule{Internal: "CHIP", Problem: chipInvalid, Match: as[passport.Error]}) // refuse what is new
}
