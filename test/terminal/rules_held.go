// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"slices"
)

func (j *judge) checkChallenge(a *Answer) (Rule, string) {
	switch {
	case (a.Screen.ID == "reading_card") != (a.Challenge != nil):
		return RuleChallenge, "comes with reading_card, and nowhere else"
	case a.Challenge == nil:
		return "", ""
	case len(a.Challenge.Bytes) != 32:
		return RuleChallenge, fmt.Sprintf("%d bytes", len(a.Challenge.Bytes))
	case !a.Challenge.ExpiresAt.After(j.date):
		return RuleChallenge, "has expired"
	case !slices.ContainsFunc(a.Challenge.Bytes, func(b byte) bool { return b != a.Challenge.Bytes[0] }):
		return RuleChallenge, "is one byte over and over"
	}
	return "", ""
}

func (j *judge) checkContent(a *Answer) (Rule, string) {
	c := a.Screen.Content
	switch {
	case a.Offline.Content != nil:
		return RuleContent, "on the offline screen"
	case c == nil && (a.Screen.ID == "content_check" || a.Screen.ID == "passport_confirm"):
		return RuleContent, "nothing to check"
	case c == nil:
		return "", ""
	case a.Drop:
		return RuleDrop, "content comes with the order to wipe"
	case a.Screen.ID == "passport_confirm":
		if len([]rune(c.PassportLastFour)) != 4 || len(c.Rows)+len(c.Doses)+len(c.Notes)+len(c.DoseHead) > 0 {
			return RuleContent, "passport_confirm shows four characters, and nothing else"
		}
		return "", ""
	case a.Screen.ID != "content_check":
		return RuleContent, "shown on " + a.Screen.ID
	case len(c.Rows) == 0 || len(c.Doses) == 0:
		return RuleContent, "no rows or no doses"
	}
	for _, r := range c.Rows {
		if r.Label == "" || r.Value == "" {
			return RuleContent, "a row without label or value"
		}
	}
	for _, d := range c.Doses {
		if len(d) != len(c.DoseHead) {
			return RuleContent, "doses do not have the columns of their head"
		}
	}
	return "", ""
}

// after is what is held once a has been obeyed.
func (j *judge) after(a *Answer) Hold {
	if a.Drop {
		return Hold{}
	}
	held := j.held
	if a.Hold != nil {
		held.put(*a.Hold)
	}
	return held
}

// put takes over what came. A certificate takes the place of the application.
func (h *Hold) put(came Hold) {
	if came.Application != "" {
		h.Application = came.Application
	}
	if came.Receipt != "" {
		h.Receipt = came.Receipt
	}
	if came.Certificate != "" {
		h.Certificate, h.Application = came.Certificate, ""
	}
}

func (j *judge) checkHold(a *Answer) (Rule, string) {
	if a.Hold == nil {
		return "", ""
	}
	if a.Drop {
		return RuleDrop, "something to hold comes with the order to wipe"
	}
	h := *a.Hold
	switch {
	case h == Hold{}:
		return RuleHold, "nothing in it"
	case (h.Certificate == "") != (h.Receipt == ""):
		return RuleHold, "certificate and receipt come together"
	case h.Certificate != "" && a.Screen.ID != "pay" && a.Screen.ID != "print_free":
		return RuleHold, "a certificate with " + a.Screen.ID
	}
	for typ, token := range map[string]string{typeApplication: h.Application, typeCertificate: h.Certificate, typeReceipt: h.Receipt} {
		if token == "" {
			continue
		}
		header, _, err := sealParts(token)
		if err != nil || header.Typ != typ {
			return RuleHold, "not a JWE of type " + typ
		}
	}
	return "", ""
}

func (j *judge) checkRelease(a *Answer) (Rule, string) {
	r := a.Release
	switch {
	case r == nil:
		return "", ""
	case a.Screen.ID != "printing":
		return RuleRelease, "comes with " + a.Screen.ID
	case len(r.Key) != 32 && (len(r.Key) > 0 || !j.released): // after a fault the certificate is open already
		return RuleRelease, fmt.Sprintf("key of %d bytes", len(r.Key))
	case len(r.Sheets) == 0:
		return RuleRelease, "no sheets"
	case j.account.Escrow < a.Screen.Fee.TotalYen:
		return RuleRelease, fmt.Sprintf("paper for %d yen, %d in escrow", a.Screen.Fee.TotalYen, j.account.Escrow)
	case a.Screen.Fee.TotalYen != a.Screen.Fee.PerCopyYen*a.Screen.Fee.Copies:
		return RuleFee, "the total is not the fee of all copies"
	case j.held.Certificate == "":
		return RuleRelease, "key to a certificate that is not held"
	}
	for i, n := range r.Sheets {
		switch {
		case n < 1 || n > a.Screen.Fee.Copies:
			return RuleRelease, fmt.Sprintf("sheet %d of %d", n, a.Screen.Fee.Copies)
		case slices.Contains(j.printed, n) || slices.Contains(r.Sheets[:i], n):
			return RuleRelease, fmt.Sprintf("sheet %d twice", n)
		}
	}
	return "", ""
}

// checkFee compares what is said of the fee with itself and with the coins.
func (j *judge) checkFee(a *Answer) (Rule, string) {
	f, coins := a.Screen.Fee, j.account
	if !slices.Contains(feeStates(), f.State) {
		return RuleFee, fmt.Sprintf("state %.40q", f.State)
	}
	for _, yen := range []int{f.PerCopyYen, f.Copies, f.TotalYen, f.EscrowYen, f.CaptureYen, f.ReturnYen} {
		if yen < 0 {
			return RuleFee, "less than nothing"
		}
	}
	settling := a.Screen.Input == inputSettle
	honest := a.Screen.ID == "call_staff" || settling
	for _, x := range []struct {
		broken bool
		why    string
	}{
		{f.State == "due" && (f.TotalYen <= 0 || f.TotalYen != f.PerCopyYen*f.Copies), "due, without sums that agree"},
		{f.State == "escrow" && f.EscrowYen != coins.Escrow, fmt.Sprintf("says %d yen in escrow, %d are", f.EscrowYen, coins.Escrow)},
		{a.Screen.Input == inputCoins && f.State != "due" && f.State != "escrow", "coins are wanted, and nothing is said to be due"},
		{settling && f.CaptureYen+f.ReturnYen != coins.Escrow, fmt.Sprintf("to be moved are %d and %d yen, in escrow are %d", f.CaptureYen, f.ReturnYen, coins.Escrow)},
		{settling && a.Screen.Cues.Coins == "capture" && f.ReturnYen != 0, "captures, and returns some"},
		{settling && a.Screen.Cues.Coins == "return" && f.CaptureYen != 0, "returns, and captures some"},
		{settling && f.CaptureYen > len(j.printed)*f.PerCopyYen, fmt.Sprintf("%d yen kept for %d sheets", f.CaptureYen, len(j.printed))},
		{!honest && f.State == "none" && coins.Captured+coins.Escrow > 0, "says that nothing was taken"},
		{!honest && f.State == "captured" && (f.CaptureYen != coins.Captured || f.CaptureYen == 0 || coins.Returned > 0), "says it kept what it did not keep"},
		{!honest && f.State == "returned" && (f.ReturnYen != coins.Returned || f.ReturnYen == 0 || coins.Captured > 0), "says it returned what it did not return"},
		{!honest && f.State == "settled" && (f.CaptureYen != coins.Captured || f.ReturnYen != coins.Returned), "sums are not those that were moved"},
	} {
		if x.broken {
			return RuleFee, x.why
		}
	}
	return "", ""
}

func (j *judge) checkOver(a *Answer) (Rule, string) {
	if !a.Over {
		return "", ""
	}
	switch held := j.after(a); {
	case held != Hold{}:
		return RuleDrop, "the end, and what is held is not wiped"
	case j.account.Escrow > 0 && a.Screen.ID != "call_staff":
		return RuleFee, fmt.Sprintf("the end, and %d yen are in escrow", j.account.Escrow)
	case a.Screen.ID == "busy" || slices.Contains(stateScreens(), a.Screen.ID):
		return RuleOver, "ends on " + a.Screen.ID
	}
	return "", ""
}
