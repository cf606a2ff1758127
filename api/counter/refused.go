// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kofu/api/counter/staff"
	"kofu/api/problem"
	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
)

// What the console itself refuses.
var (
	errTerminal  = errors.New("counter: terminal not accepted")
	errCrowded   = errors.New("counter: as many requests run as may")
	errCrossSite = errors.New("counter: request of another site")
	errForm      = errors.New("counter: form is not what the page has")
	errTooLarge  = errors.New("counter: body is too large")
	errSession   = errors.New("counter: not signed in")
	errDenied    = errors.New("counter: account has no function that may")
	errUnknown   = errors.New("counter: nothing of that name here")
	errOtherCity = errors.New("counter: of another municipality")
	errExpired   = errors.New("counter: page is too old")
	errEnded     = errors.New("counter: page was read, or its time is over")
	errWithdrawn = errors.New("counter: certificate was withdrawn")
	errNotIssued = errors.New("counter: nothing was issued that could be printed, or it was withdrawn")
	errUnchecked = errors.New("counter: what looks wrong was not confirmed")
	errFaults    = errors.New("counter: form shown again with its faults")
	errStore     = errors.New("counter: store not ready")
	errDamaged   = errors.New("counter: operation log does not agree with itself")
)

// storeError keeps what a store answers when it works, and hides the rest.
func storeError(err error) error {
	if err == nil {
		return nil
	}
	for _, answer := range []error{
		staff.ErrNoAccount, staff.ErrNoTerminal, staff.ErrNoSession, staff.ErrNoApproval, staff.ErrNoAlert, staff.ErrConflict,
		staff.ErrOwn, staff.ErrState, staff.ErrHeld, staff.ErrAccount, staff.ErrHandle, staff.ErrDenied, staff.ErrMost,
		staff.ErrSignIn, staff.ErrWait, staff.ErrBusy, staff.ErrWeak, staff.ErrSecond, staff.ErrPasskey,
		context.DeadlineExceeded, context.Canceled,
	} {
		if errors.Is(err, answer) {
			return answer
		}
	}
	return errors.Join(errStore, err)
}

// refusal is a row of the table: texts are constants, and nothing of what was
// typed is among them.
func refusal(status int, code, ja, en string, next problem.Text) problem.Problem {
	return problem.Problem{Status: status, Code: code, Title: problem.Text{Ja: ja, En: en}, Next: next}
}

// table is the one place that decides what staff are told of an error.
// Internal names go to metrics, and nowhere else.
func table() *problem.Table {
	again := problem.Text{Ja: "メニューからやり直してください。", En: "Start again from the menu."}
	later := problem.Text{Ja: "しばらくしてからやり直してください。続くときは運用担当に連絡してください。", En: "Try again later. If this goes on, call the operators."}
	internal := refusal(http.StatusInternalServerError, "internal", "処理を中止しました。", "Stopped.", later)
	unavailable := refusal(http.StatusServiceUnavailable, "unavailable", "ただいま利用できません。記録の有無は確認できていません。", "Not available now. Whether there is a record is not known.", later)
	unavailable.RetryAfter = 30 * time.Second
	rules := doorRules(again, later, unavailable)
	rules = append(rules, recordRules(again, unavailable)...)
	rules = append(rules, paperRules(again, internal, unavailable)...)
	return &problem.Table{Unknown: internal, Rules: append(rules,
		problem.Is(errStore, "STORE", unavailable),
		problem.Is(context.DeadlineExceeded, "DEADLINE", unavailable),
		problem.Is(context.Canceled, "CANCELED", unavailable),
		problem.Is(problem.ErrPanic, "PANIC", internal),
	)}
}

func doorRules(again, later problem.Text, unavailable problem.Problem) []problem.Rule {
	bad := refusal(http.StatusBadRequest, "bad_request", "送信された内容が正しくありません。", "What was sent is not what the page has.", again)
	gone := refusal(http.StatusNotFound, "not_found", "お探しのものはありません。", "There is nothing here.", again)
	changed := refusal(http.StatusConflict, "changed", "他の操作で状態が変わっています。", "It was changed in the meantime.", again)
	crowded := refusal(http.StatusServiceUnavailable, "busy", "窓口の処理が混み合っています。", "The counter has too much to do at once.", problem.Text{Ja: "数秒後にもう一度操作してください。", En: "Do the same again in a few seconds."})
	crowded.RetryAfter = 3 * time.Second
	signIn := problem.Text{Ja: "もう一度サインインしてください。", En: "Sign in again."}
	return []problem.Rule{
		problem.Is(errTerminal, "TERMINAL", refusal(http.StatusForbidden, "terminal_refused", "この端末では利用できません。", "This terminal is not accepted.", problem.Text{Ja: "管理者に連絡してください。", En: "Call your administrator."})),
		problem.Is(errCrowded, "CROWDED", crowded),
		problem.Is(errCrossSite, "CROSS_SITE", refusal(http.StatusForbidden, "cross_site", "他のページからの操作は受け付けません。", "This cannot be asked for from another page.", again)),
		problem.Is(errForm, "FORM", bad),
		problem.Is(errFaults, "FAULTS", refusal(http.StatusUnprocessableEntity, "faults", "入力内容を確認してください。", "Check what you entered.", again)),
		problem.Is(errTooLarge, "TOO_LARGE", refusal(http.StatusRequestEntityTooLarge, "too_large", "送信された内容が大きすぎます。", "What was sent is too large.", again)),
		problem.Is(problem.ErrNotFound, "NOT_FOUND", gone),
		problem.Is(problem.ErrMethod, "METHOD", refusal(http.StatusMethodNotAllowed, "method_not_allowed", "この画面はメニューから開いてください。", "Open this page from the menu.", again)),
		problem.Is(errSession, "NO_SESSION", refusal(http.StatusUnauthorized, "signed_out", "サインインしていないか、時間が過ぎました。", "You are not signed in, or the time is over.", signIn)),
		problem.Is(staff.ErrNoSession, "NO_SESSION", refusal(http.StatusUnauthorized, "signed_out", "サインインしていないか、時間が過ぎました。", "You are not signed in, or the time is over.", signIn)),
		problem.Is(errDenied, "FUNCTION", refusal(http.StatusForbidden, "denied", "この操作の権限がありません。", "You have no right to this.", problem.Text{Ja: "必要なときは管理者に申請してください。この操作は記録されました。", En: "Ask your administrator if you need it. This was recorded."})),
		problem.Is(staff.ErrDenied, "FUNCTION", refusal(http.StatusForbidden, "denied", "この操作の権限がありません。", "You have no right to this.", problem.Text{Ja: "必要なときは管理者に申請してください。この操作は記録されました。", En: "Ask your administrator if you need it. This was recorded."})),
		problem.Is(errUnknown, "UNKNOWN_NAME", gone), problem.Is(staff.ErrNoAccount, "NO_ACCOUNT", gone), problem.Is(staff.ErrNoTerminal, "NO_TERMINAL", gone),
		problem.Is(staff.ErrNoApproval, "NO_APPROVAL", gone), problem.Is(staff.ErrNoAlert, "NO_ALERT", gone),
		problem.Is(errOtherCity, "OTHER_CITY", gone), // reads like nothing at all (D4)
		problem.Is(staff.ErrHandle, "HANDLE", refusal(http.StatusNotFound, "page_expired", "この画面からの操作は受け付けられません。時間が過ぎたか、別のサインインの画面です。", "This page is too old, or is of another sign-in.", again)),
		problem.Is(errExpired, "EXPIRED", refusal(http.StatusConflict, "page_expired", "この画面の有効時間が過ぎました。", "This page is too old.", again)),
		problem.Is(errEnded, "ENDED", refusal(http.StatusGone, "page_ended", "この画面の表示は終わりました。一度だけ表示されます。", "This page has ended. It is shown once.", problem.Text{Ja: "もう一度検索してください。", En: "Search again."})),
		problem.Is(staff.ErrOwn, "OWN", refusal(http.StatusForbidden, "own", "自分自身に関わるものは、承認も変更もできません。", "Nobody approves or changes their own.", problem.Text{Ja: "他の担当者に依頼してください。", En: "Ask somebody else."})),
		problem.Is(staff.ErrState, "STATE", changed), problem.Is(staff.ErrConflict, "CONFLICT", changed),
		problem.Is(staff.ErrAccount, "ACCOUNT", refusal(http.StatusUnprocessableEntity, "account_refused", "この内容の利用者IDは登録できません。", "This account cannot be taken.", again)),
		problem.Is(staff.ErrBusy, "BUSY", refusal(http.StatusServiceUnavailable, "busy", "サインインが混み合っています。", "Too many are signing in at once.", later)),
		problem.Is(staff.ErrHeld, "HELD", refusal(http.StatusConflict, "held", "承認者の承認が必要です。", "A second person must approve.", again)),
		problem.Is(staff.ErrMost, "MOST", refusal(http.StatusTooManyRequests, "too_many_withdrawals", "1時間に取り消せる件数を超えました。この証明書は取り消されていません。", "You have withdrawn as many in an hour as one person may. This certificate was not withdrawn.", problem.Text{Ja: "他の職員が取り消してください。同じ操作者の交付をまとめて取り消すときは、承認者が一括取消を使います。", En: "A colleague must withdraw it. For all that one operator issued in an hour, an approver has the recall."})),
		problem.Is(errDamaged, "LOG_DAMAGED", refusal(http.StatusInternalServerError, "log_damaged", "操作ログの整合性を確認できません。", "The operation log does not agree with itself.", problem.Text{Ja: "ただちに責任者と運用担当に連絡してください。", En: "Call your manager and the operators at once."})),
		problem.Is(staff.ErrPasskey, "PASSKEY", refusal(http.StatusUnprocessableEntity, "passkey", "パスキーを確認できませんでした。", "The passkey was not accepted.", again)),
		problem.Is(staff.ErrSecond, "SECOND", refusal(http.StatusUnprocessableEntity, "second_factor", "別の種類の認証が必要です。", "Another kind of second factor is needed.", again)),
	}
}

func recordRules(again problem.Text, unavailable problem.Problem) []problem.Rule {
	p := func(code, ja, en, nextJa, nextEn string) problem.Problem {
		return refusal(http.StatusUnprocessableEntity, code, ja, en, problem.Text{Ja: nextJa, En: nextEn})
	}
	check := p("record_needs_check", "接種記録の内容の確認が必要です。", "The vaccination record needs a check.", "台帳と照合し、記録を直してからやり直してください。", "Compare it with the ledger, correct it, and start again.")
	finding := func(ours func(*cert.Finding) bool) func(error) bool {
		return func(err error) bool {
			f, ok := errors.AsType[*cert.Finding](err)
			return ok && ours(f)
		}
	}
	return []problem.Rule{
		{Match: finding((*cert.Finding).OfName), Internal: "FINDING_NAME", Problem: p("name_not_printable", "氏名に証明書に載せられない文字が含まれているか、長すぎます。", "The name has a character that no certificate can show, or is too long.", "記録の氏名を確認してください。", "Look at the name in the record.")},
		{Match: finding((*cert.Finding).OfPassport), Internal: "FINDING_PASSPORT", Problem: p("passport_invalid", "旅券のMRZが正しくありません。", "The machine-readable zone is not right.", "旅券を見て入力し直してください。", "Enter it again from the passport.")},
		problem.Is(cert.ErrBlocked, "BLOCKED", p("other_clerk", "このかたの受付は、担当の職員が行います。", "Another member of staff serves this person.", "責任者に引き継いでください。", "Hand over to your manager.")),
		problem.Is(cert.ErrStopped, "STOPPED", p("stopped", "発行停止の期間中です。", "Issuing is stopped for this person.", "責任者に確認してください。", "Ask your manager.")),
		problem.Is(cert.ErrTooMany, "TOO_MANY", p("too_many", "該当者が多すぎます。", "Too many persons match.", "接種券番号で検索してください。", "Search by ticket number.")),
		problem.Is(cert.ErrNoRecord, "NO_RECORD", p("no_record", "証明できる接種記録がないか、画面の有効時間が過ぎました。", "There is no record that can be certified, or the page is too old.", "もう一度検索してください。", "Search again.")),
		problem.Is(cert.ErrNoIssue, "NO_ISSUE", p("no_issue", "この証明書IDの発行記録はありません。", "No certificate of this ID was issued.", "証明書IDを確認してください。", "Check the certificate ID.")),
		problem.Is(cert.ErrNeedsCheck, "NEEDS_CHECK", check), problem.Is(cert.ErrOtherPerson, "OTHER_PERSON", check),
		problem.Is(cert.ErrDeceased, "DECEASED", check),
		problem.Is(cert.ErrRecordChanged, "RECORD_CHANGED", p("start_again", "確認後に記録が変わりました。", "The record has changed since it was looked at.", "もう一度検索してください。", "Search again.")),
		problem.Is(cert.ErrPassportRequired, "PASSPORT_REQUIRED", p("passport_required", "海外用には旅券が必要です。", "A certificate for travel needs a passport.", "旅券のMRZを入力してください。", "Enter the passport's machine-readable zone.")),
		problem.Is(cert.ErrPassportRefused, "PASSPORT_REFUSED", p("passport_refused", "国内用には旅券の情報を使いません。", "A domestic certificate has no passport data.", "旅券の欄を空にしてください。", "Leave the passport empty.")),
		problem.Is(cert.ErrPassportExpired, "PASSPORT_EXPIRED", p("passport_expired", "旅券の有効期間が満了しています。", "The passport has expired.", "有効な旅券を確認してください。", "Ask for a valid one.")),
		problem.Is(cert.ErrPassportMismatch, "PASSPORT_MISMATCH", p("passport_mismatch", "旅券の生年月日または性別が記録と一致しません。", "Birth date or sex of the passport is not that of the record.", "本人の旅券か確認してください。", "Check whose passport it is.")),
		problem.Is(passport.ErrMRZ, "MRZ", p("passport_invalid", "旅券のMRZが正しくありません。", "The machine-readable zone is not right.", "旅券を見て入力し直してください。", "Enter it again from the passport.")),
		problem.Is(municipality.ErrUnknown, "MUNICIPALITY_UNKNOWN", unavailable), problem.Is(municipality.ErrClosures, "CLOSURES", unavailable),
		problem.Is(municipality.ErrNotJoined, "NOT_JOINED", p("not_joined", "この市区町村の窓口では発行していません。", "This municipality does not issue at the counter.", "運用担当に確認してください。", "Ask the operators.")),
		problem.Is(municipality.ErrSuspended, "SUSPENDED", p("suspended", "窓口での発行を停止しています。", "Issuing at the counter is suspended.", "再開をお待ちください。", "Wait until it is lifted.")),
		problem.Is(municipality.ErrMaintenance, "MAINTENANCE", p("maintenance", "保守のため休止しています。", "Closed for maintenance.", "終了をお待ちください。", "Wait until it is over.")),
		problem.Is(municipality.ErrClosed, "CLOSED", p("out_of_hours", "窓口の受付時間外です。", "The counter is closed at this time.", "受付時間内に操作してください。", "Come back within service hours.")),
		problem.Is(cert.ErrUnavailable, "VRS_UNAVAILABLE", unavailable),
	}
}

func paperRules(again problem.Text, internal, unavailable problem.Problem) []problem.Rule {
	p := func(code, ja, en, nextJa, nextEn string) problem.Problem {
		return refusal(http.StatusUnprocessableEntity, code, ja, en, problem.Text{Ja: nextJa, En: nextEn})
	}
	letters := p("name_not_printable", "印刷できない文字が含まれているか、長すぎて印刷できません。", "A character cannot be printed, or a text is too long to print.", "代わりの文字の使用を本人に確認してください。", "Ask the applicant about another character.")
	long := p("too_long", "二次元コードに収まらない内容です。", "It does not fit into the symbol.", "運用担当に連絡してください。", "Call the operators.")
	startAgain := refusal(http.StatusConflict, "start_again", "確認後に変更がありました。", "Something has changed since the preview.", again)
	return []problem.Rule{
		problem.Is(issuance.ErrWritten, "WRITTEN", p("written", "記録の氏名の旧字・俗字とは認められません。", "This is not another spelling of the name in the record.", "文字を確認してください。", "Check the characters.")),
		problem.Is(issuance.ErrOthers, "OTHERS", p("others", "旧姓・別姓・別名に印刷できない文字が含まれています。", "The other names cannot be printed.", "旅券の英字の表記を入力してください。", "Enter them in Latin letters, as in the passport.")),
		problem.Is(errUnchecked, "UNCHECKED", p("unchecked", "注意点の確認がされていません。証明書は発行されていません。", "What looks wrong was not confirmed. Nothing was issued.", "前の画面に戻り、注意点を確かめてチェックを入れてください。", "Go back, look at what is listed, and tick the box.")),
		problem.Is(errWithdrawn, "WITHDRAWN", refusal(http.StatusConflict, "withdrawn", "この申請の証明書は取り消されています。", "The certificate of this application was withdrawn.", problem.Text{Ja: "必要なときは新しく申請を受け付けてください。", En: "Take a new application if one is needed."})),
		problem.Is(errNotIssued, "NOT_ISSUED", refusal(http.StatusConflict, "not_issued", "印刷できません。この申請の証明書は発行されていないか、取り消されています。", "There is nothing to print: the certificate was not issued, or was withdrawn.", problem.Text{Ja: "申請の画面で「発行」を押してください。取り消したときは新しく申請を受け付けてください。", En: "Issue it on the page of the application. If it was withdrawn, take a new application."})),
		problem.Is(issuance.ErrSeal, "SEAL", refusal(http.StatusNotFound, "application_ended", "この申請は有効時間が過ぎたか、取り消されています。", "This application has ended or was discarded.", again)),
		problem.Is(issuance.ErrStartAgain, "TERMS_CHANGED", startAgain), problem.Is(issuance.ErrKind, "KIND", startAgain),
		problem.Is(issuance.ErrSealStore, "SEAL_STORE", unavailable), problem.Is(issuance.ErrDoorStopped, "DOOR_STOPPED", unavailable), problem.Is(issuance.ErrNoCounter, "NO_COUNTER", unavailable),
		problem.Is(issuance.ErrMismatch, "MISMATCH", internal), problem.Is(issuance.ErrDevice, "DEVICE", internal), problem.Is(keys.ErrNoKey, "NO_KEY", unavailable),
		{Match: func(err error) bool { _, ok := errors.AsType[*pdf.GlyphError](err); return ok }, Internal: "GLYPH", Problem: letters},
		problem.Is(pdf.ErrNoRoom, "NO_ROOM", letters), problem.Is(shc.ErrTooLong, "SHC_TOO_LONG", long), problem.Is(vdsnc.ErrTooLong, "VDSNC_TOO_LONG", long),
		problem.Is(vdsnc.ErrCharacter, "VDSNC_CHARACTER", letters),
	}
}
