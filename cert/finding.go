// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"slices"
	"strings"
)

// A Finding says which rule a record breaks, and at which dose. It is
// [ErrNeedsCheck] to [errors.Is]: the municipality must look at the record
// before anything is certified. What finds them is package cert/lint.
type Finding struct {
	Code string // of a [FindingRule]
	Dose int    // 接種回 of the dose that looks wrong; 0: it lies with no dose
}

// Error gives the code only: dose numbers are part of a person's record.
func (f *Finding) Error() string { return "cert: record needs a check: " + f.Code }

// Is makes a Finding an [ErrNeedsCheck].
func (f *Finding) Is(target error) bool { return target == ErrNeedsCheck }

// OfName reports a finding that lies with the name that would be printed, which
// at a card's door is the card's and not the record's.
func (f *Finding) OfName() bool { return strings.HasPrefix(f.Code, "name_") }

// OfPassport likewise, with the passport.
func (f *Finding) OfPassport() bool { return strings.HasPrefix(f.Code, "passport_") }

// Severity is what becomes of a finding.
type Severity string

// The severities.
const (
	Refuse Severity = "refuse" // nothing is issued until the municipality has looked
	Warn   Severity = "warn"   // the person, and at the counter the clerk, is told before anything is issued
)

// A FindingRule is one thing that is looked for. Its code is stable and public.
type FindingRule struct {
	Code    string
	Ja, En  string   // what looks wrong, in one sentence, without anything of the record
	Default Severity // where a municipality has set nothing

	// Fixed rules refuse whatever a municipality sets: a certificate issued in
	// spite of one would state what cannot be so, name nobody or somebody else,
	// or have no room for what it must say.
	Fixed bool
}

// Codes of the rules.
const (
	FindingNameEmpty           = "name_empty"
	FindingNameControl         = "name_control"
	FindingNameInvisible       = "name_invisible"
	FindingNamePrivate         = "name_private"
	FindingNamePlaceholder     = "name_placeholder"
	FindingNameMark            = "name_mark"
	FindingNameLong            = "name_long"
	FindingNameBytes           = "name_bytes"
	FindingNameSpaces          = "name_spaces"
	FindingNameHalfWidth       = "name_half_width"
	FindingKanaForm            = "kana_form"
	FindingBirthMissing        = "birth_missing"
	FindingBirthFuture         = "birth_future"
	FindingBirthEarly          = "birth_early"
	FindingBirthMonthUnknown   = "birth_month_unknown"
	FindingBirthDayUnknown     = "birth_day_unknown"
	FindingDeceased            = "deceased"
	FindingRecordMunicipality  = "record_municipality"
	FindingDoseNumber          = "dose_number"
	FindingDoseNumberHigh      = "dose_number_high"
	FindingDoseDuplicate       = "dose_duplicate"
	FindingDoseGap             = "dose_gap"
	FindingDoseFirstMissing    = "dose_first_missing"
	FindingDoseOrder           = "dose_order"
	FindingDoseSameDay         = "dose_same_day"
	FindingDoseIntervalShort   = "dose_interval_short"
	FindingDoseIntervalBooster = "dose_interval_booster"
	FindingDoseDateUnknown     = "dose_date_unknown"
	FindingDoseFuture          = "dose_future"
	FindingDoseBeforeBirth     = "dose_before_birth"
	FindingDoseBeforeProgramme = "dose_before_programme"
	FindingDoseBeforeProduct   = "dose_before_product"
	FindingDoseAfterProduct    = "dose_after_product"
	FindingDoseAfterProgramme  = "dose_after_programme"
	FindingDoseAgeYoung        = "dose_age_young"
	FindingDoseAgeOld          = "dose_age_old"
	FindingDoseProductMissing  = "dose_product_missing"
	FindingDoseProduct         = "dose_product"
	FindingDoseMaker           = "dose_maker"
	FindingDoseMakerMissing    = "dose_maker_missing"
	FindingDoseBoosterFirst    = "dose_booster_first"
	FindingDoseMixedSeries     = "dose_mixed_series"
	FindingDoseLotMissing      = "dose_lot_missing"
	FindingDoseLot             = "dose_lot"
	FindingDoseLotPlaceholder  = "dose_lot_placeholder"
	FindingDoseLotWord         = "dose_lot_word"
	FindingDoseLotMaker        = "dose_lot_maker"
	FindingDoseLotProducts     = "dose_lot_products"
	FindingDoseCountry         = "dose_country"
	FindingDoseCountryUnknown  = "dose_country_unknown"
	FindingDoseCountryAbroad   = "dose_country_abroad"
	FindingDoseMunicipality    = "dose_municipality"
	FindingDoseElsewhere       = "dose_elsewhere"
	FindingPassportName        = "passport_name"
	FindingPassportNumber      = "passport_number"
	FindingPassportCountry     = "passport_country"
	FindingPassportNameDiffers = "passport_name_differs"
)

// findingRules is the table of all rules.
var findingRules = []FindingRule{
	{FindingNameEmpty, "氏名がないか、空白だけです。", "The name is missing, or is spaces alone.", Refuse, true},
	{FindingNameControl, "氏名に制御文字があります。", "The name has a control character.", Refuse, true},
	{FindingNameInvisible, "氏名に、文字の並びを変える文字または見えない文字があります。", "The name has a character that turns the direction of writing, or is invisible.", Refuse, true},
	{FindingNamePrivate, "氏名に外字（私用領域の文字）があります。", "The name has a character that only its own system knows (外字).", Refuse, true},
	{FindingNamePlaceholder, "氏名に、文字の代わりの印（〓、■など）があります。", "The name has a mark in the place of a character.", Refuse, true},
	{FindingNameMark, "氏名に、付く文字のない濁点・異体字指定などがあります。", "The name has a mark or variation selector that belongs to no character.", Refuse, true},
	{FindingNameLong, "氏名が長すぎます（100字を超えています）。", "The name is too long: more than 100 characters.", Refuse, true},
	{FindingNameBytes, "氏名が長すぎて、二次元コードに収まりません。", "The name is too long for any symbol.", Refuse, true},
	{FindingNameSpaces, "氏名の前後または途中に、余分な空白があります。", "The name has a space too many.", Warn, false},
	{FindingNameHalfWidth, "氏名に半角カナがあります。", "The name has half-width katakana.", Warn, false},
	{FindingKanaForm, "氏名のフリガナに、カナでない文字があります。", "The reading of the name has characters other than kana.", Warn, false},
	{FindingBirthMissing, "生年月日がありません。", "There is no birth date.", Refuse, true},
	{FindingBirthFuture, "生年月日が未来の日付です。", "The birth date lies in the future.", Refuse, true},
	{FindingBirthEarly, "生年月日が120年より前です。", "The birth date is more than 120 years ago.", Refuse, false},
	{FindingBirthMonthUnknown, "生年月日の月日が不詳です。", "Month and day of birth are not known.", Warn, false},
	{FindingBirthDayUnknown, "生年月日の日が不詳です。", "The day of birth is not known.", Warn, false},
	{FindingDeceased, "死亡の記録があります。", "The person is recorded as having died.", Warn, false},
	{FindingRecordMunicipality, "記録の自治体コードが正しくありません。", "The municipality code of the record is wrong.", Refuse, true},
	{FindingDoseNumber, "接種回が1より小さい数です。", "The dose number is below 1.", Refuse, true},
	{FindingDoseNumberHigh, "接種回が20を超えています。", "The dose number is above 20.", Refuse, false},
	{FindingDoseDuplicate, "同じ接種回が2つあります。", "Two vaccinations have the same number.", Refuse, true},
	{FindingDoseGap, "この接種の前の接種回の記録がありません。", "There is no record of the number before this one.", Warn, false},
	{FindingDoseFirstMissing, "1回目の記録がありません。", "There is no record of the first vaccination.", Warn, false},
	{FindingDoseOrder, "前の接種回より早い日付です。", "It is dated before the vaccination with the number before it.", Refuse, true},
	{FindingDoseSameDay, "同じ日の接種が2つあります。", "Two vaccinations are on one day.", Refuse, true},
	{FindingDoseIntervalShort, "前の接種との間隔が、製品の最短の間隔より短くなっています。", "It follows the one before sooner than the product's shortest interval.", Refuse, false},
	{FindingDoseIntervalBooster, "追加接種が、前の接種から3か月たたずに行われています。", "A booster follows the one before within three months.", Warn, false},
	{FindingDoseDateUnknown, "接種日がそろっていません。", "The date of vaccination is not complete.", Refuse, true},
	{FindingDoseFuture, "接種日が未来の日付です。", "It is dated in the future.", Refuse, true},
	{FindingDoseBeforeBirth, "接種日が生年月日より前です。", "It is dated before the birth.", Refuse, true},
	{FindingDoseBeforeProgramme, "国内の接種が始まる前（2021年2月17日より前）の日付です。", "It is dated before vaccination began in Japan (2021-02-17).", Refuse, false},
	{FindingDoseBeforeProduct, "この製品が国内で使われる前の日付です。", "It is dated before the product was used in Japan.", Refuse, false},
	{FindingDoseAfterProduct, "この製品が使われなくなった後の日付です。", "It is dated after the product was last used.", Warn, false},
	{FindingDoseAfterProgramme, "特例臨時接種が終わった後（2024年4月以降）の日付です。", "It is dated after the programme ended (March 2024).", Warn, false},
	{FindingDoseAgeYoung, "接種時の年齢が、製品の対象より下です。", "The person was younger than the product is for.", Refuse, false},
	{FindingDoseAgeOld, "接種時の年齢が、製品の対象より上です。", "The person was older than the product is for.", Warn, false},
	{FindingDoseProductMissing, "製品名がありません。", "The product is not recorded.", Refuse, true},
	{FindingDoseProduct, "製品名がわかりません。", "The product is not known.", Refuse, true},
	{FindingDoseMaker, "メーカーと製品名が合いません。", "The manufacturer does not make the product.", Refuse, true},
	{FindingDoseMakerMissing, "メーカーの記録がありません。", "The manufacturer is not recorded.", Warn, false},
	{FindingDoseBoosterFirst, "追加接種用の製品が、1回目または2回目に使われています。", "A product for boosters is recorded as first or second vaccination.", Warn, false},
	{FindingDoseMixedSeries, "1回目と2回目の製品が違います。", "First and second vaccination are of different makers.", Warn, false},
	{FindingDoseLotMissing, "ロット番号がありません。", "The lot number is missing.", Refuse, true},
	{FindingDoseLot, "ロット番号が長すぎるか、英数字でない文字があります。", "The lot number is too long, or has characters that lot numbers have not.", Refuse, true},
	{FindingDoseLotPlaceholder, "ロット番号が仮の値（000000、不明など）です。", "The lot number is a stand-in, such as 000000 or UNKNOWN.", Refuse, true},
	{FindingDoseLotWord, "ロット番号に「LOT」の文字が入っています。", "The lot number has the word LOT in it.", Warn, false},
	{FindingDoseLotMaker, "ロット番号が、別のメーカーの形式です。", "The lot number has the form of another maker's.", Warn, false},
	{FindingDoseLotProducts, "同じロット番号が、別の製品にも記録されています。", "The same lot number is recorded for another product.", Refuse, false},
	{FindingDoseCountry, "接種国の記号が正しくありません。", "The country code is wrong.", Refuse, true},
	{FindingDoseCountryUnknown, "接種国の記号にあたる国がありません。", "No country has this code.", Refuse, true},
	{FindingDoseCountryAbroad, "国外の接種として記録されています。", "It is recorded as given abroad.", Warn, false},
	{FindingDoseMunicipality, "接種した自治体のコードが正しくありません。", "The municipality code of the vaccination is wrong.", Refuse, true},
	{FindingDoseElsewhere, "他の市区町村の接種のため、この証明書には載りません。", "It belongs to another municipality, and is not on this certificate.", Warn, false},
	{FindingPassportName, "旅券の氏名に、旅券にない文字があります。", "The name of the passport has characters that passports have not.", Refuse, true},
	{FindingPassportNumber, "旅券番号の形式が正しくありません。", "The passport number has a wrong form.", Refuse, true},
	{FindingPassportCountry, "旅券の国籍または発行国の記号が正しくありません。", "Nationality or issuing State of the passport is wrong.", Refuse, true},
	{FindingPassportNameDiffers, "英字の氏名と旅券の氏名に、同じ語がありません。", "The name in Latin letters and that of the passport have no word in common.", Warn, false},
}

// FindingRules returns every rule.
func FindingRules() []FindingRule { return slices.Clone(findingRules) }

// FindingRuleOf returns the rule of a code.
func FindingRuleOf(code string) (FindingRule, bool) {
	i := slices.IndexFunc(findingRules, func(r FindingRule) bool { return r.Code == code })
	if i < 0 {
		return FindingRule{}, false
	}
	return findingRules[i], true
}
