// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kofu/api/problem"
)

// What a terminal is refused for. A person never sees these: what persons see
// is a screen.
var (
	errBody       = errors.New("kiosk: body is not what the protocol says")
	errMediaType  = errors.New("kiosk: body is not application/json")
	errTooLarge   = errors.New("kiosk: body is too large")
	errPIN        = errors.New("kiosk: a PIN was sent")
	errTerminal   = errors.New("kiosk: terminal not accepted")
	errProtocol   = errors.New("kiosk: no common protocol version")
	errOutOfStep  = errors.New("kiosk: event number out of step")
	errUnexpected = errors.New("kiosk: event not expected on this screen")
	errHold       = errors.New("kiosk: what the terminal holds was not sent")
	errTooMany    = errors.New("kiosk: too many requests")
	errStore      = errors.New("kiosk: store not ready")
)

// unknownFields tells a newer terminal which members this side does not know.
type unknownFields struct{ pointers []string }

func (e *unknownFields) Error() string { return "kiosk: unknown members" }
func (e *unknownFields) Details() map[string][]string {
	return map[string][]string{"fields": e.pointers}
}

// unsupported tells a terminal which versions there are.
type unsupported struct{}

func (unsupported) Error() string        { return errProtocol.Error() }
func (unsupported) Is(target error) bool { return target == errProtocol }
func (unsupported) Details() map[string][]string {
	return map[string][]string{"supported": protocols()}
}

// table says what a terminal learns of each error.
func table() *problem.Table {
	repair := problem.Text{Ja: "端末のプログラムをプロトコル文書と照らし合わせてください。", En: "Compare the terminal's program with the protocol document."}
	same := problem.Text{Ja: "何も実行されていません。同じイベントをもう一度送ってください。", En: "Nothing has happened. Send the same event again."}
	anew := problem.Text{Ja: "硬貨を返却し、新しい取引を始めてください。", En: "Return the coins and open a new session."}
	p := func(status int, code, ja, en string, next problem.Text, wait time.Duration) problem.Problem {
		return problem.Problem{Status: status, Code: code, Title: problem.Text{Ja: ja, En: en}, Next: next, RetryAfter: wait}
	}
	unavailable := p(http.StatusServiceUnavailable, "unavailable", "センターは一時的にご利用になれません。", "The centre is not ready.", same, time.Second)
	internal := p(http.StatusInternalServerError, "internal", "処理を中止しました。", "Stopped.", same, time.Second)
	bad := p(http.StatusBadRequest, "bad_request", "送信された内容が正しくありません。", "The request is not what the protocol says.", repair, 0)
	return &problem.Table{Unknown: internal, Rules: []problem.Rule{
		problem.Is(errBody, "BODY", bad),
		{Match: isUnknown, Internal: "UNKNOWN_FIELD", Problem: p(http.StatusUnprocessableEntity, "unknown_field",
			"このプロトコルにない項目があります。", "There are members that this version of the protocol does not have.", repair, 0)},
		problem.Is(errPIN, "PIN_SENT", p(http.StatusBadRequest, "pin_not_accepted", "暗証番号を送信してはいけません。", "A PIN must never be sent.", repair, 0)),
		problem.Is(errMediaType, "MEDIA_TYPE", p(http.StatusUnsupportedMediaType, "unsupported_media_type", "application/json で送信してください。", "Send application/json.", repair, 0)),
		problem.Is(errTooLarge, "TOO_LARGE", p(http.StatusRequestEntityTooLarge, "too_large", "送信された内容が大きすぎます。", "The request body is too large.", repair, 0)),
		problem.Is(problem.ErrNotFound, "NOT_FOUND", p(http.StatusNotFound, "not_found", "その宛先はありません。", "There is nothing at this address.", repair, 0)),
		problem.Is(problem.ErrMethod, "METHOD", p(http.StatusMethodNotAllowed, "method_not_allowed", "その方法では呼び出せません。", "This address does not take this method.", repair, 0)),
		problem.Is(errTerminal, "TERMINAL", p(http.StatusForbidden, "terminal_refused", "この端末は受け付けられません。", "This terminal is not accepted.",
			problem.Text{Ja: "運用者に連絡してください。", En: "Ask the operator of the centre."}, 0)),
		problem.Is(errProtocol, "PROTOCOL", p(http.StatusUnprocessableEntity, "protocol_unsupported", "共通するプロトコルの版がありません。", "There is no version of the protocol in common.", repair, 0)),
		problem.Is(ErrNoSession, "NO_SESSION", p(http.StatusNotFound, "session_unknown", "その取引はありません。", "There is no such session.", anew, 0)),
		problem.Is(errOutOfStep, "OUT_OF_STEP", p(http.StatusConflict, "out_of_step", "イベントの番号が合いません。", "The number of the event does not fit.", repair, 0)),
		problem.Is(errUnexpected, "UNEXPECTED", p(http.StatusConflict, "event_unexpected", "この画面では受け付けられないイベントです。", "This screen does not take this event.", repair, 0)),
		problem.Is(errHold, "HOLD", p(http.StatusUnprocessableEntity, "hold_missing", "保持しているデータを一緒に送ってください。", "Send what the terminal holds along with this event.", repair, 0)),
		problem.Is(ErrConflict, "CONFLICT", p(http.StatusConflict, "in_progress", "同じ取引の別の要求を処理しています。", "Another request of this session is being served.", same, time.Second)),
		problem.Is(errTooMany, "TOO_MANY", p(http.StatusTooManyRequests, "too_many", "要求が多すぎます。", "There are too many requests.", same, 10*time.Second)),
		problem.Is(errStore, "STORE", unavailable),
		problem.Is(context.DeadlineExceeded, "DEADLINE", unavailable),
		problem.Is(context.Canceled, "CANCELED", unavailable),
		problem.Is(problem.ErrPanic, "PANIC", internal),
	}}
}

func isUnknown(err error) bool { _, ok := errors.AsType[*unknownFields](err); return ok }
