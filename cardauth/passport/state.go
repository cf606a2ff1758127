// SPDX-License-Identifier: Apache-2.0

package passport

import "golang.org/x/text/language"

// sameState reports whether the authority of a country (ISO 3166-1 alpha-2, in
// its certificate) issues passports of the State that the zone names. Without
// this any State on the list, or whoever got hold of one signer of the least
// careful, could sign a passport of any other.
func sameState(country, issuer string) bool {
	switch issuer { // codes that are not ISO 3166-1 alpha-3 (Doc 9303-3, 5)
	case "D":
		return country == "DE"
	case "GBD", "GBN", "GBO", "GBP", "GBS":
		return country == "GB"
	case "UNO", "UNA", "UNK":
		return country == "UN"
	case "EUE":
		return country == "EU"
	case "RKS", "XKX":
		return country == "KS" || country == "XK"
	case "XOM":
		return country == "XO" || country == "XM" // assumed: the Order of Malta has no ISO code
	case "CHN":
		return country == "CN" || country == "HK" || country == "MO"
	}
	if len(country) != 2 || len(issuer) != 3 {
		return false
	}
	region, err := language.ParseRegion(country)
	return err == nil && region.ISO3() == issuer
}

// isState reports whether a zone's code is a State's.
func isState(code string) bool {
	if code == "D" {
		return true
	}
	region, err := language.ParseRegion(code)
	return err == nil && region.IsCountry() && region.ISO3() == code
}
