// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"kofu/api/counter/staff"
	"kofu/api/problem"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
)

// visit is one request: of which terminal, of whom, in which language.
type visit struct {
	*console
	c        *gin.Context
	route    Route
	terminal staff.Terminal
	town     municipality.Municipality
	token    string
	session  staff.Session
	signedIn bool // session is that of the request; its stage may be any
	lang     string
	body     []byte
	form     form
	file     []byte
	once     bool       // what is answered is a page to be read once: see keep
	again    *againView // what can be asked again after an answer that did not come
}

func (v *visit) ctx() context.Context { return v.c.Request.Context() }

// own is the municipality of the terminal. There is no other.
func (v *visit) own() cert.MunicipalityCode { return v.terminal.Municipality }

// entitled reports whether the person at the terminal serves people under
// protective measures.
func (v *visit) entitled() bool { return v.session.Account.Has(staff.Protected) }

// who is whom applications of this session are sealed to.
func (v *visit) who() issuance.Who {
	return issuance.Who{Channel: cert.Counter, Device: v.Staff.Device(v.session.ID)}
}

// speak sets the language of the answer, if there is such a one.
func (v *visit) speak(language string) {
	if _, ok := v.texts[language]; ok {
		v.lang = language
	}
}

// log writes a row of the operation log, before its effect is shown.
func (v *visit) log(op staff.Operation, subject string, pairs ...string) error {
	return storeError(v.Acts.Write(v.ctx(), v.session.Act(op, subject, pairs...)))
}

// looked writes the row of a page that is to be looked at by few.
func (v *visit) looked(subject string, pairs ...string) error {
	return v.log(staff.OpView, subject, append([]string{"route", v.route.Method + " " + v.route.Path}, pairs...)...)
}

// logFailed writes the row of a look that came to nothing, though the time of
// the request may be over, and returns why it did.
func (v *visit) logFailed(err error, op staff.Operation, pairs ...string) error {
	ctx, cancel := v.afterwards()
	defer cancel()
	if logged := storeError(v.Acts.Write(ctx, v.session.Act(op, "", pairs...))); logged != nil {
		return logged
	}
	return err
}

// watch counts what was done. An alert that could not be raised does not stop
// the person at the counter; the server's log has it.
func (v *visit) watch(op staff.Operation, family cert.Private) {
	if err := v.Staff.Watch(v.ctx(), v.session, op, family); err != nil {
		v.Log.LogAttrs(v.ctx(), slog.LevelError, "staff not watched", slog.String("request_id", v.c.GetString(problem.RequestIDKey)), slog.String("operation", string(op)))
	}
}

// open opens a handle of this session.
func (v *visit) open(purpose string, handle []byte) (string, error) {
	if len(handle) == 0 || len(handle) > 4096 {
		return "", staff.ErrHandle
	}
	text, err := v.Staff.OpenHandle(v.session, purpose, string(handle))
	if err != nil {
		return "", staff.ErrHandle
	}
	return text, nil
}

// goTo answers with another page, which shows no applicant.
func (v *visit) goTo(path string) error {
	v.c.Redirect(http.StatusSeeOther, path)
	v.c.Writer.WriteHeaderNow()
	return nil
}

// refuse shows what was refused, and notes who tried what is not theirs (F10,
// F11). It returns the error that was shown.
func (v *visit) refuse(err error) error {
	if v.c.Writer.Written() {
		return err
	}
	if why := suspicious(err); why != "" && v.signedIn {
		if logged := v.denied(err, why); logged != nil {
			err = logged
		}
	}
	signedOut := errors.Is(err, errSession) || errors.Is(err, staff.ErrNoSession)
	if signedOut && v.route.Method == http.MethodGet {
		_ = v.goTo(v.wayIn())
		return err
	}
	if v.route.Once && !v.once && !errors.Is(err, errDenied) && !errors.Is(err, errCrossSite) {
		_ = v.goTo("/counter/") // where it is told again, without the form in the history
		return err
	}
	v.showRefusal(err)
	return err
}

// wayIn is where a session that is not there, or not yet, goes on.
func (v *visit) wayIn() string {
	switch {
	case v.signedIn && v.session.Stage == staff.StagePassword:
		return "/counter/second"
	case v.signedIn && v.session.Stage == staff.StageEnrol:
		return "/counter/enrol/factor"
	case v.signedIn:
		return "/counter/"
	}
	if v.lang != languages()[0] {
		return "/counter/sign-in?lang=" + v.lang
	}
	return "/counter/sign-in"
}

// suspicious names, for the log, errors that tell of somebody trying what is
// not theirs.
func suspicious(err error) string {
	for _, r := range []struct {
		target error
		why    string
	}{
		{errDenied, "function"}, {staff.ErrDenied, "function"}, {errOtherCity, "other_city"},
		{errUnknown, "unknown"}, {staff.ErrNoAccount, "unknown"}, {staff.ErrNoTerminal, "unknown"},
		{staff.ErrNoApproval, "unknown"}, {staff.ErrNoAlert, "unknown"},
		{staff.ErrHandle, "handle"}, {issuance.ErrSeal, "seal"}, {staff.ErrOwn, "own"}, {cert.ErrBlocked, "protected"},
	} {
		if errors.Is(err, r.target) {
			return r.why
		}
	}
	return ""
}

// denied writes the row, and raises the alert where something of another
// municipality was asked for by its name.
func (v *visit) denied(err error, why string) error {
	if logged := v.log(staff.OpDenied, "", "route", v.route.Method+" "+v.route.Path, "why", why); logged != nil {
		return logged
	}
	if !errors.Is(err, errOtherCity) {
		return nil
	}
	return storeError(v.Staff.Alarm(v.ctx(), v.session, staff.AlertOtherCity, 1))
}
