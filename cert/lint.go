// SPDX-License-Identifier: Apache-2.0

package cert

// A Finding says which rule a record's dose breaks. It is [ErrNeedsCheck] to
// [errors.Is]: the municipality must look at the record before anything is
// certified.
type Finding struct {
	Code string // one of the Finding… constants
	Dose int    // 接種回 of the dose that looks wrong
}

// Codes of findings.
const (
	FindingNumber      = "DOSE_NUMBER"       // 接種回 below 1
	FindingDuplicate   = "DOSE_DUPLICATE"    // two doses with one number
	FindingDateUnknown = "DOSE_DATE_UNKNOWN" // no complete date
	FindingFuture      = "DOSE_FUTURE"       // after today
	FindingBeforeBirth = "DOSE_BEFORE_BIRTH"
	FindingOrder       = "DOSE_ORDER"    // a later number at an earlier date
	FindingSameDay     = "DOSE_SAME_DAY" // two doses on one day
	FindingLot         = "DOSE_LOT"      // no lot number, over 20 characters, or not letters, digits and -/. only
	FindingCountry     = "DOSE_COUNTRY"  // not three capital letters
	FindingProduct     = "DOSE_PRODUCT"  // the product is not known at the date of issue
)

// Error gives the code only: dose numbers are part of a person's record.
func (f *Finding) Error() string { return "cert: record needs a check: " + f.Code }

// Is makes a Finding an [ErrNeedsCheck].
func (f *Finding) Is(target error) bool { return target == ErrNeedsCheck }

// lint checks doses that are given, sorted by number.
func lint(doses []Dose, birth, today Date) error {
	for i, d := range doses {
		code := lintOne(d, birth, today)
		if code == "" && i > 0 {
			code = lintPair(doses[i-1], d)
		}
		if code != "" {
			return &Finding{Code: code, Dose: d.Number}
		}
	}
	return nil
}

func lintOne(d Dose, birth, today Date) string {
	switch {
	case d.Number < 1:
		return FindingNumber
	case !d.Date.Full():
		return FindingDateUnknown
	case d.Date.Compare(today) > 0:
		return FindingFuture
	case d.Date.Compare(birth) < 0:
		return FindingBeforeBirth
	case !lotForm(d.Lot):
		return FindingLot
	case !countryForm(d.Country):
		return FindingCountry
	}
	return ""
}

func lintPair(a, b Dose) string {
	switch {
	case a.Number == b.Number:
		return FindingDuplicate
	case b.Date == a.Date:
		return FindingSameDay
	case b.Date.Compare(a.Date) < 0:
		return FindingOrder
	}
	return ""
}

func lotForm(s string) bool {
	if s == "" || len(s) > 20 {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '-', c == '/', c == '.':
		default:
			return false
		}
	}
	return true
}

func countryForm(s string) bool {
	if len(s) != 3 {
		return false
	}
	for _, c := range []byte(s) {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}
