// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"kofu/api/admission"
	"kofu/api/app"
	"kofu/api/problem"
	"kofu/api/public"
	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/keys"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
)

// What callers may be told. Each text is a constant, in Japanese and English,
// with what to do next. Two errors with the same problem here are the same
// bytes to everybody outside.
var (
	badRequest       = problem.Problem{Status: http.StatusBadRequest, Code: "bad_request", Title: problem.Text{Ja: "送信された内容が正しくありません。", En: "The request is not what the contract says."}, Next: problem.Text{Ja: "アプリを最新の版に更新してください。", En: "Update the app."}}
	unsupportedMedia = problem.Problem{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type", Title: problem.Text{Ja: "application/json で送信してください。", En: "Send application/json."}, Next: badRequest.Next}
	tooLarge         = problem.Problem{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Title: problem.Text{Ja: "送信された内容が大きすぎます。", En: "The request body is too large."}, Next: badRequest.Next}
	notFound         = problem.Problem{Status: http.StatusNotFound, Code: "not_found", Title: problem.Text{Ja: "その宛先はありません。", En: "There is nothing at this address."}, Next: badRequest.Next}
	wrongMethod      = problem.Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Title: problem.Text{Ja: "その方法では呼び出せません。", En: "This address does not take this method."}, Next: badRequest.Next}

	challengeInvalid = problem.Problem{Status: http.StatusConflict, Code: "challenge_invalid", Title: problem.Text{Ja: "カードの読み取りの有効時間が過ぎたか、すでに使われました。", En: "The challenge has expired or was used already."}, Next: problem.Text{Ja: "もう一度カードをかざしてください。", En: "Hold the card to the phone again."}}
	cardInvalid      = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "card_invalid", Title: problem.Text{Ja: "マイナンバーカードを確認できませんでした。", En: "The My Number card could not be verified."}, Next: problem.Text{Ja: "もう一度カードをかざしてください。続くときは市区町村の窓口でお尋ねください。", En: "Hold the card to the phone again. If this goes on, ask at your municipality."}}
	cardNotAccepted  = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "card_not_accepted", Title: problem.Text{Ja: "このカードはご利用になれません。", En: "This card is not accepted here."}, Next: problem.Text{Ja: "市区町村の窓口で申請してください。", En: "Apply at the counter of your municipality."}}

	noRecord         = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "no_record", Title: problem.Text{Ja: "選択された市区町村では接種記録が見つかりませんでした。", En: "No vaccination record was found at this municipality."}, Next: problem.Text{Ja: "接種したときに住民票があった市区町村を選んでください。お心当たりのあるときは、その市区町村の窓口でお尋ねください。", En: "Choose the municipality where you were registered when vaccinated. If you think there should be a record, ask at its counter."}}
	recordNeedsCheck = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "record_needs_check", Title: problem.Text{Ja: "接種記録の内容の確認が必要です。", En: "The vaccination record needs a check by the municipality."}, Next: problem.Text{Ja: "接種記録を管理する市区町村の窓口でお尋ねください。", En: "Ask at the counter of the municipality that keeps the record."}}
	counterOnly      = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "counter_only", Title: problem.Text{Ja: "この申請は窓口でのみ受け付けています。", En: "This can be done at the counter only."}, Next: cardNotAccepted.Next}
	nameNotPrintable = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "name_not_printable", Title: problem.Text{Ja: "お名前に印刷できない文字が含まれているか、お名前が長すぎて印刷できません。", En: "The name has a character that cannot be printed, or is too long to print."}, Next: cardNotAccepted.Next}

	passportRequired = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "passport_required", Title: problem.Text{Ja: "海外用の証明書には旅券の読み取りが必要です。", En: "A certificate for travel needs the passport to be read."}, Next: problem.Text{Ja: "旅券の顔写真のページを読み取ってください。", En: "Scan the photo page of the passport."}}
	passportInvalid  = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "passport_invalid", Title: problem.Text{Ja: "旅券を正しく読み取れませんでした。", En: "The passport was not read correctly."}, Next: problem.Text{Ja: "明るい場所でもう一度読み取ってください。", En: "Scan it again in good light."}}
	passportExpired  = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "passport_expired", Title: problem.Text{Ja: "旅券の有効期間が満了しています。", En: "The passport has expired."}, Next: problem.Text{Ja: "有効な旅券で申請してください。", En: "Apply with a valid passport."}}
	chipRequired     = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "passport_chip_required", Title: problem.Text{Ja: "旅券のICチップの読み取りが必要です。", En: "The chip in the passport needs to be read."}, Next: problem.Text{Ja: "旅券をスマートフォンにかざしてください。ICチップのない旅券のときは市区町村の窓口で申請してください。", En: "Hold the passport to the phone. If it has no chip, apply at the counter of your municipality."}}
	chipInvalid      = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "passport_chip_invalid", Title: problem.Text{Ja: "旅券のICチップの内容を確認できませんでした。", En: "What the passport's chip holds could not be verified."}, Next: problem.Text{Ja: "もう一度旅券をかざしてください。続くときは市区町村の窓口で申請してください。", En: "Hold the passport to the phone again. If this goes on, apply at the counter of your municipality."}}
	passportMismatch = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "passport_mismatch", Title: problem.Text{Ja: "旅券の生年月日または性別がカードと一致しません。", En: "Birth date or sex on the passport is not that on the card."}, Next: problem.Text{Ja: "ご本人の旅券で申請してください。", En: "Apply with your own passport."}}

	municipalityUnknown   = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "municipality_unknown", Title: problem.Text{Ja: "その市区町村はありません。", En: "There is no such municipality."}, Next: problem.Text{Ja: "一覧から選んでください。", En: "Choose one from the list."}}
	municipalityNotJoined = problem.Problem{Status: http.StatusUnprocessableEntity, Code: "municipality_not_joined", Title: problem.Text{Ja: "選択された市区町村では、まだこの方法での発行を受け付けていません。", En: "This municipality does not issue this way yet."}, Next: cardNotAccepted.Next}
	municipalitySuspended = problem.Problem{Status: http.StatusServiceUnavailable, Code: "municipality_suspended", Title: problem.Text{Ja: "選択された市区町村では、発行を一時停止しています。", En: "This municipality has stopped issuing for the time being."}, Next: problem.Text{Ja: "しばらくしてからお試しいただくか、窓口で申請してください。", En: "Try later, or apply at the counter."}}
	outOfHours            = problem.Problem{Status: http.StatusServiceUnavailable, Code: "out_of_hours", Title: problem.Text{Ja: "受付時間外です。", En: "It is out of service hours."}, Next: problem.Text{Ja: "受付時間内にお試しください。", En: "Try again within service hours."}}
	maintenance           = problem.Problem{Status: http.StatusServiceUnavailable, Code: "maintenance", Title: problem.Text{Ja: "保守のため、受付を休止しています。", En: "The service is closed for maintenance."}, Next: problem.Text{Ja: "終了後にお試しください。お急ぎの方は窓口をご利用ください。", En: "Try again when it is over. If you are in a hurry, go to the counter."}}

	applicationInvalid = problem.Problem{Status: http.StatusConflict, Code: "application_invalid", Title: problem.Text{Ja: "申請の有効時間が過ぎたか、取り消されています。", En: "The application has expired or was discarded."}, Next: problem.Text{Ja: "はじめからやり直してください。", En: "Start again."}}
	startAgain         = problem.Problem{Status: http.StatusConflict, Code: "start_again", Title: problem.Text{Ja: "内容の確認後に変更がありました。", En: "Something has changed since the preview."}, Next: applicationInvalid.Next}
	unavailable        = problem.Problem{Status: http.StatusServiceUnavailable, Code: "unavailable", Title: problem.Text{Ja: "ただいまご利用になれません。接種記録の有無は確認できていません。", En: "Not available now. Whether there is a record is not known."}, Next: problem.Text{Ja: "しばらくしてからお試しください。", En: "Try again later."}, RetryAfter: 30 * time.Second}
	revocationsUnknown = problem.Problem{Status: http.StatusServiceUnavailable, Code: "revocations_unknown", Title: problem.Text{Ja: "失効の情報をただいま確認できません。", En: "What has been revoked cannot be told now."}, Next: unavailable.Next, RetryAfter: 10 * time.Second}
	// busy has its Retry-After from the door, which draws it by lot.
	busy     = problem.Problem{Status: http.StatusServiceUnavailable, Code: "busy", Title: problem.Text{Ja: "ただいま混み合っています。証明書は発行されていません。", En: "The service is busy now. No certificate has been issued."}, Next: problem.Text{Ja: "しばらくしてからもう一度お試しください。お急ぎの方は市区町村の窓口をご利用ください。", En: "Try again in a while. If you are in a hurry, go to the counter of your municipality."}}
	internal = problem.Problem{Status: http.StatusInternalServerError, Code: "internal", Title: problem.Text{Ja: "処理を中止しました。証明書は発行されていません。", En: "Stopped. No certificate has been issued."}, Next: unavailable.Next}
)

// table is the one place that decides what a caller sees of an error. Internal
// names go to metrics, and nowhere else.
func table() *problem.Table {
	rules := []problem.Rule{
		problem.Is(app.ErrBody, "BODY", badRequest),
		problem.Is(app.ErrMediaType, "MEDIA_TYPE", unsupportedMedia),
		problem.Is(app.ErrTooLarge, "TOO_LARGE", tooLarge),
		problem.Is(problem.ErrNotFound, "NOT_FOUND", notFound),
		problem.Is(problem.ErrMethod, "METHOD", wrongMethod),

		problem.Is(admission.ErrBusy, "BUSY", busy),
		problem.Is(app.ErrFull, "FULL", busy),
		problem.Is(admission.ErrFull, "NO_TURN", busy),

		problem.Is(cert.ErrNoRecord, "NO_RECORD", noRecord),
		problem.Is(cert.ErrBlocked, "BLOCKED", noRecord), // reads exactly like no record
	}
	rules = append(rules, cardRules()...)
	rules = append(rules, deviceRules()...)
	rules = append(rules, chipRules()...)
	rules = append(rules, findingRules()...)
	return &problem.Table{Unknown: internal, Rules: append(rules,
		problem.Is(cert.ErrNeedsCheck, "NEEDS_CHECK", recordNeedsCheck),
		problem.Is(cert.ErrOtherPerson, "OTHER_PERSON", recordNeedsCheck),
		problem.Is(cert.ErrDeceased, "DECEASED", counterOnly),
		problem.Is(cert.ErrRecordChanged, "RECORD_CHANGED", startAgain),
		problem.Is(cert.ErrUnavailable, "VRS_UNAVAILABLE", unavailable),
		problem.Is(cert.ErrPassportRequired, "PASSPORT_REQUIRED", passportRequired),
		problem.Is(cert.ErrPassportRefused, "PASSPORT_REFUSED", badRequest),
		problem.Is(cert.ErrPassportExpired, "PASSPORT_EXPIRED", passportExpired),
		problem.Is(cert.ErrPassportMismatch, "PASSPORT_MISMATCH", passportMismatch),
		problem.Is(cert.ErrNoOverseasIssue, "NO_OVERSEAS_ISSUE", counterOnly),
		problem.Is(passport.ErrMRZ, "MRZ", passportInvalid),
		problem.Is(passport.ErrTravelDocument, "TRAVEL_DOCUMENT", counterOnly),

		problem.Is(municipality.ErrUnknown, "MUNICIPALITY_UNKNOWN", municipalityUnknown),
		problem.Is(municipality.ErrNotJoined, "MUNICIPALITY_NOT_JOINED", municipalityNotJoined),
		problem.Is(municipality.ErrSuspended, "MUNICIPALITY_SUSPENDED", municipalitySuspended),
		problem.Is(municipality.ErrClosed, "MUNICIPALITY_CLOSED", outOfHours),
		problem.Is(municipality.ErrMaintenance, "MAINTENANCE", maintenance),
		problem.Is(municipality.ErrClosures, "CLOSURES", unavailable),

		problem.Is(issuance.ErrKind, "KIND", badRequest),
		problem.Is(issuance.ErrDevice, "DEVICE", badRequest),
		problem.Is(issuance.ErrSealDevice, "SEAL_DEVICE", applicationInvalid),
		problem.Is(issuance.ErrSeal, "SEAL", applicationInvalid),
		problem.Is(issuance.ErrStartAgain, "TERMS_CHANGED", startAgain),
		problem.Is(issuance.ErrSealStore, "SEAL_STORE", unavailable),
		problem.Is(issuance.ErrDoorStopped, "DOOR_STOPPED", unavailable),
		problem.Is(issuance.ErrMismatch, "MISMATCH", internal),
		problem.Is(keys.ErrNoKey, "NO_KEY", unavailable),
		problem.Rule{Match: as[*pdf.GlyphError], Internal: "GLYPH", Problem: nameNotPrintable},
		problem.Is(pdf.ErrNoRoom, "NO_ROOM", nameNotPrintable),
		problem.Is(shc.ErrTooLong, "SHC_TOO_LONG", counterOnly),
		problem.Is(vdsnc.ErrTooLong, "VDSNC_TOO_LONG", counterOnly),
		problem.Is(vdsnc.ErrCharacter, "VDSNC_CHARACTER", passportInvalid),

		problem.Is(public.ErrRevocations, "REVOCATIONS", revocationsUnknown),

		problem.Is(context.DeadlineExceeded, "DEADLINE", unavailable),
		problem.Is(context.Canceled, "CANCELED", unavailable),
		problem.Is(problem.ErrPanic, "PANIC", internal),
	)}
}

func as[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

// findingRules tell the findings apart for metrics; callers see one problem,
// and which doses to look at in its details.
func findingRules() []problem.Rule {
	var rules []problem.Rule
	for _, r := range cert.FindingRules() {
		told := recordNeedsCheck
		switch f := (&cert.Finding{Code: r.Code}); {
		case f.OfName():
			told = nameNotPrintable
		case f.OfPassport():
			told = passportInvalid
		}
		rules = append(rules, problem.Rule{Internal: strings.ToUpper(r.Code), Problem: told, Match: func(err error) bool {
			f, ok := errors.AsType[*cert.Finding](err)
			return ok && f.Code == r.Code
		}})
	}
	return rules
}
