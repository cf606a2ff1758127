// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"bytes"
	"errors"
	"net/http"

	"kofu/api/counter/staff"
)

// signInForm is what the page of the sign-in shows. Nothing that was typed.
type signInForm struct{ Lang string }

func (v *visit) signInPage() error {
	v.speak(v.c.Query("lang"))
	return v.show("signin", "signin.title", signInForm{v.lang})
}

func (v *visit) signIn() error {
	v.speak(v.form.text("lang"))
	token, s, err := v.Staff.SignIn(v.ctx(), v.terminal, v.form.text("login"), v.form.raw("password"), v.form.text("member"))
	if key := signInFault(err); key != "" {
		return v.showFaults("signin", "signin.title", signInForm{v.lang}, []fault{v.faultOf("login", key)})
	}
	if err != nil {
		return storeError(err)
	}
	return v.began(token, s)
}

// signInFault is the text for what the person at the terminal can do something
// about. Which accounts there are is not told.
func signInFault(err error) string {
	switch {
	case errors.Is(err, staff.ErrSignIn):
		return "sign_in"
	case errors.Is(err, staff.ErrWait):
		return "wait"
	}
	return ""
}

// began takes on a session that has come one stage further, in the language
// chosen before. An enrolment ends with its session: what was set is used at
// once.
func (v *visit) began(token string, s staff.Session) error {
	if err := v.takeOn(token, s); err != nil {
		return err
	}
	return v.goTo(v.wayOn(token))
}

func (v *visit) takeOn(token string, s staff.Session) error {
	if token != "" && s.Language != v.lang {
		if err := v.Staff.Speak(v.ctx(), v.terminal, token, v.lang); err != nil {
			return storeError(err)
		}
	}
	v.setCookie(token)
	v.session, v.signedIn = s, token != ""
	return nil
}

// wayOn is where a session that has come further goes on.
func (v *visit) wayOn(token string) string {
	if token == "" {
		return "/counter/sign-in?notice=enrolled&lang=" + v.lang
	}
	return v.wayIn()
}

func (v *visit) setCookie(token string) {
	c := &http.Cookie{Name: cookieName, Value: token + "." + v.lang, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if token == "" {
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(v.c.Writer, c)
}

// secondForm says which second factors there are to choose from.
type secondForm struct {
	TOTP, Passkey bool
	Enrol         bool
	Secret        string // base32, in groups, to be typed; only when enrolling
}

func (v *visit) secondForm() secondForm {
	return secondForm{TOTP: v.session.Factor != "passkey", Passkey: v.session.Factor != "totp"}
}

func (v *visit) secondPage() error {
	if v.session.Stage != staff.StagePassword {
		return v.goTo(v.wayIn())
	}
	return v.show("second", "second.title", v.secondForm())
}

// second takes a code of TOTP, at a sign-in and at the end of an enrolment.
func (v *visit) second() error {
	fresh, s, err := v.Staff.Code(v.ctx(), v.terminal, v.token, v.code())
	if key := signInFault(err); key != "" {
		if key == "sign_in" {
			key = "code"
		}
		return v.secondAgain(v.faultOf("code", key))
	}
	if err != nil {
		return storeError(err)
	}
	return v.began(fresh, s)
}

// code is the digits of a code, full-width ones too.
func (v *visit) code() string {
	var digits [8]byte
	n, ok := readDigits(digits[:], v.form.raw("code"))
	if !ok {
		return ""
	}
	return string(digits[:n])
}

func (v *visit) secondAgain(f fault) error {
	if v.session.Stage == staff.StageEnrol {
		form, err := v.enrolment()
		if err != nil {
			return err
		}
		return v.showFaults("factor", "factor.title", form, []fault{f})
	}
	return v.showFaults("second", "second.title", v.secondForm(), []fault{f})
}

// passkeyBegin answers the script with what navigator.credentials needs.
func (v *visit) passkeyBegin() error {
	options, err := v.Staff.PasskeyBegin(v.ctx(), v.terminal, v.token)
	if err != nil {
		return storeError(err)
	}
	v.c.Data(http.StatusOK, "application/json", options)
	return nil
}

func (v *visit) passkeyFinish() error {
	fresh, s, err := v.Staff.PasskeyFinish(v.ctx(), v.terminal, v.token, bytes.Clone(v.body))
	if err != nil {
		return storeError(err)
	}
	if err := v.takeOn(fresh, s); err != nil {
		return err
	}
	v.c.JSON(http.StatusOK, map[string]string{"next": v.wayOn(fresh)})
	return nil
}

// signOut ends the session and has the browser forget what it kept.
func (v *visit) signOut() error {
	if err := v.Staff.SignOut(v.ctx(), v.terminal, v.token); err != nil {
		return storeError(err)
	}
	v.setCookie("")
	v.c.Header("Clear-Site-Data", `"cache", "storage"`)
	return v.goTo("/counter/sign-in?notice=bye&lang=" + v.lang)
}

// alive is the sign of life of an open page: no act of the person.
func (v *visit) alive() error {
	v.c.Status(http.StatusNoContent)
	v.c.Writer.WriteHeaderNow()
	return nil
}

// language switches, and goes back to a page that can be asked for.
func (v *visit) language() error {
	to := v.form.text("to")
	if _, ok := v.texts[to]; !ok {
		return errForm
	}
	if err := v.Staff.Speak(v.ctx(), v.terminal, v.token, to); err != nil {
		return storeError(err)
	}
	v.speak(to)
	v.setCookie(v.token)
	for _, r := range Routes() {
		if r.Method == get && r.Path == v.form.text("back") && r.Stage != "" && r.Path != "/counter/enrol/qr" {
			return v.goTo(r.Path)
		}
	}
	return v.goTo(v.wayIn())
}

func (v *visit) passwordPage() error { return v.show("password", "password.title", nil) }

// password changes one's own.
func (v *visit) password() error {
	if !bytes.Equal(v.form.raw("new"), v.form.raw("repeat")) {
		return v.showFaults("password", "password.title", nil, []fault{v.faultOf("repeat", "repeat")})
	}
	fresh, err := v.Staff.ChangePassword(v.ctx(), v.terminal, v.token, v.form.raw("old"), v.form.raw("new"))
	switch {
	case errors.Is(err, staff.ErrWeak):
		return v.showFaults("password", "password.title", nil, []fault{v.faultOf("new", "weak")})
	case errors.Is(err, staff.ErrSignIn):
		return v.showFaults("password", "password.title", nil, []fault{v.faultOf("old", "old_password")})
	case errors.Is(err, staff.ErrWait):
		return v.showFaults("password", "password.title", nil, []fault{v.faultOf("old", "wait")})
	case err != nil:
		return storeError(err)
	}
	v.setCookie(fresh)
	return v.goTo("/counter/?notice=password")
}
