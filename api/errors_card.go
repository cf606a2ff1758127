// SPDX-License-Identifier: Apache-2.0

package api

import (
	"kofu/api/problem"
	"kofu/cardauth"
)

// cardCodes says which public problem each of cardauth's codes becomes. A caller
// learns which of three things to do next (start again, try the card again, go
// to the counter) and not which check caught it.
var cardCodes = map[cardauth.Code]problem.Problem{
	cardauth.CodeNonceUnknown: challengeInvalid,
	cardauth.CodeNonceReused:  challengeInvalid,
	cardauth.CodeNonceExpired: challengeInvalid,
	cardauth.CodeNonceChannel: challengeInvalid,
	cardauth.CodeNoncePurpose: challengeInvalid,

	cardauth.CodeMalformed:      cardInvalid,
	cardauth.CodeKeyUnsuitable:  cardInvalid,
	cardauth.CodeCertSig:        cardInvalid,
	cardauth.CodeAuthKeySig:     cardInvalid,
	cardauth.CodeChallengeSig:   cardInvalid,
	cardauth.CodeContentSig:     cardInvalid,
	cardauth.CodeNumberDigest:   cardInvalid,
	cardauth.CodeAttrDigest:     cardInvalid,
	cardauth.CodeAttrOffsets:    cardInvalid,
	cardauth.CodeNumberDigits:   cardInvalid,
	cardauth.CodeAttrText:       cardInvalid,
	cardauth.CodeAttrBirthDate:  cardInvalid,
	cardauth.CodeAttrSex:        cardInvalid,
	cardauth.CodeNumberCheckSum: cardInvalid,

	cardauth.CodeCAUnknown:   cardNotAccepted,
	cardauth.CodeEnvironment: cardNotAccepted,
	cardauth.CodeCANotValid:  cardNotAccepted,
	cardauth.CodeSuiteEnded:  cardNotAccepted,

	cardauth.CodeSurfaceMissing:       cardInvalid,
	cardauth.CodeSurfaceMalformed:     cardInvalid,
	cardauth.CodeSurfaceKeyUnsuitable: cardInvalid,
	cardauth.CodeSurfaceCertSig:       cardInvalid,
	cardauth.CodeSurfaceSig:           cardInvalid,
	cardauth.CodeSurfaceChallengeSig:  cardInvalid,
	cardauth.CodeSurfaceBirthDate:     cardInvalid,
	cardauth.CodeSurfaceSex:           cardInvalid,

	cardauth.CodeSurfaceCAUnknown:   cardNotAccepted,
	cardauth.CodeSurfaceEnvironment: cardNotAccepted,
	cardauth.CodeSurfaceCANotValid:  cardNotAccepted,
	cardauth.CodeSurfaceSuiteEnded:  cardNotAccepted,
}

func cardRules() []problem.Rule {
	rules := []problem.Rule{
		problem.Is(cardauth.ErrChallengeStore, "CHALLENGE_STORE", unavailable),
		problem.Is(cardauth.ErrNotReady, "CARDAUTH_NOT_READY", unavailable),
	}
	for _, code := range cardauth.Codes() {
		p, known := cardCodes[code]
		if !known {
			p = cardInvalid // refuse what is new; the test of the table tells
		}
		rules = append(rules, problem.Rule{Internal: string(code), Problem: p, Match: func(err error) bool {
			got, ok := cardauth.CodeOf(err)
			return ok && got == code
		}})
	}
	return rules
}
