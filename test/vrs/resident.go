// SPDX-License-Identifier: Apache-2.0

package vrs

import "kofu/cert"

// Resident is a made-up person: what a simulated card and passport need, what
// the stand-in holds, and what each door must answer. Nothing in it is
// personal data, so it prints.
type Resident struct {
	ID, Case, CaseJa string

	Number     string          // My Number with a right check digit
	Name       string          // as the card has it
	Kana       string          // カナ氏名
	Birth      cert.Date       // unknown parts are 0
	Sex        cert.Sex        // as the card has it
	Address    string          // as the card has it
	PIN        string          // 4 digits
	VRSName    string          // as the register has it: what the counter prints
	HomeNo     string          // 個別宛名番号 in Municipality
	Ticket     string          // 券番号 of the first dose in Municipality, "" for none
	AlsoNo     string          // 個別宛名番号 in AlsoIn
	Check      string          // "", 要確認 or 要修正
	Deceased   bool            // 死亡
	MovedOut   bool            // 転出
	BlockClass cert.BlockClass // protective measures (DV) or a stop, whether in force or not; "" for none
	BlockFrom  cert.Date       // 停止開始日, zero for none
	BlockTo    cert.Date       // 停止終了日, zero for open
	Passport   *cert.Passport  // nil for none

	Municipality cert.MunicipalityCode // where this person applies
	AlsoIn       cert.MunicipalityCode // a second one with doses, or ""

	Expected Expected
}

// Expected holds the public code that each door answers an application with;
// "issued" stands for a certificate.
type Expected struct {
	AppDomestic, AppOverseas         string
	KioskDomestic, KioskOverseas     string
	CounterDomestic, CounterOverseas string
}

// At returns the code expected at door ch for a certificate of kind k.
func (e Expected) At(ch cert.Channel, k cert.Kind) string {
	return map[cert.Channel]map[cert.Kind]string{
		cert.App:     {cert.Domestic: e.AppDomestic, cert.Overseas: e.AppOverseas},
		cert.Kiosk:   {cert.Domestic: e.KioskDomestic, cert.Overseas: e.KioskOverseas},
		cert.Counter: {cert.Domestic: e.CounterDomestic, cert.Overseas: e.CounterOverseas},
	}[ch][k]
}

// outcomeCodes are the codes that data can bring about at door ch for kind k:
// no others are read.
func outcomeCodes(ch cert.Channel, k cert.Kind) []string {
	codes := []string{"issued", "no_record", "record_needs_check", "name_not_printable", "municipality_not_joined"}
	if ch != cert.Counter {
		codes = append(codes, "counter_only") // the deceased, whom only a clerk serves
	} else {
		codes = append(codes, "issuing_stopped") // a stop, which everybody else is told as no_record
	}
	switch {
	case k == cert.Domestic:
	case ch == cert.Kiosk: // reads no passport: it takes that of the history
		codes = append(codes, "no_overseas_history", "passport_changed", "passport_expired")
	default:
		codes = append(codes, "passport_required", "passport_expired", "passport_mismatch")
	}
	return codes
}
