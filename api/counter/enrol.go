// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"kofu/api/counter/staff"
	"kofu/cert/qr"
)

func (v *visit) enrolPage() error {
	v.speak(v.c.Query("lang"))
	return v.show("enrol", "enrol.title", signInForm{v.lang})
}

// enrol begins an enrolment with the code from the slip and a password of
// one's own.
func (v *visit) enrol() error {
	v.speak(v.form.text("lang"))
	again := func(field, key string) error {
		return v.showFaults("enrol", "enrol.title", signInForm{v.lang}, []fault{v.faultOf(field, key)})
	}
	if !bytes.Equal(v.form.raw("password"), v.form.raw("repeat")) {
		return again("repeat", "repeat")
	}
	token, s, err := v.Staff.Enrol(v.ctx(), v.terminal, v.form.text("login"), v.form.text("code"), v.form.raw("password"))
	switch {
	case errors.Is(err, staff.ErrWeak):
		return again("password", "weak")
	case errors.Is(err, staff.ErrSignIn):
		return again("code", "enrol_code")
	case errors.Is(err, staff.ErrWait):
		return again("login", "wait")
	case err != nil:
		return storeError(err)
	}
	return v.began(token, s)
}

// factorPage shows the secret of TOTP, as often as it is asked for in this
// enrolment, or offers to register a passkey.
func (v *visit) factorPage() error {
	form, err := v.enrolment()
	if err != nil {
		return err
	}
	return v.show("factor", "factor.title", form)
}

func (v *visit) enrolment() (secondForm, error) {
	form := v.secondForm()
	form.Enrol = true
	if !form.TOTP {
		return form, nil
	}
	_, secret, err := v.Staff.Secret(v.ctx(), v.terminal, v.token)
	if err != nil {
		return form, storeError(err)
	}
	var groups []string
	for len(secret) > 4 {
		groups, secret = append(groups, secret[:4]), secret[4:]
	}
	form.Secret = strings.Join(append(groups, secret), " ")
	return form, nil
}

// factorSymbol is the QR code of the otpauth URI.
func (v *visit) factorSymbol() error {
	uri, _, err := v.Staff.Secret(v.ctx(), v.terminal, v.token)
	if err != nil {
		return storeError(err)
	}
	m, err := qr.Encode(uri, qr.M)
	if err != nil {
		return err
	}
	png := m.PNG(5)
	defer clear(png)
	v.c.Data(http.StatusOK, "image/png", png)
	return nil
}
