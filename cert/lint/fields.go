// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"errors"
	"strings"

	"kofu/cert"
	"kofu/cert/vaccine"
)

// product holds the rules on what was given.
func (l *look) product(d *cert.Dose, err error) {
	switch {
	case l.add(strings.Trim(d.Product, " 　") == "", cert.FindingDoseProductMissing, d.Number):
	case l.add(errors.Is(err, vaccine.ErrMaker), cert.FindingDoseMaker, d.Number):
	case l.add(err != nil, cert.FindingDoseProduct, d.Number):
	default:
		l.add(strings.Trim(d.Manufacturer, " 　") == "", cert.FindingDoseMakerMissing, d.Number)
	}
}

// lot holds the rules on the lot number. No lot is unknown to be wrong for its
// number alone: makers publish no lists.
func (l *look) lot(d given) {
	s := d.Lot
	switch {
	case l.add(strings.Trim(s, " 　") == "", cert.FindingDoseLotMissing, d.Number):
	case l.add(standIn(s), cert.FindingDoseLotPlaceholder, d.Number):
	case l.add(!lotForm(s), cert.FindingDoseLot, d.Number):
	case l.add(hasLot(s), cert.FindingDoseLotWord, d.Number):
	default:
		l.add(d.known && d.terms.Lot(s), cert.FindingDoseLotMaker, d.Number)
	}
}

// lotForm: at most 20 characters (VDS-NC), letters, digits and -/. only.
func lotForm(s string) bool {
	if len(s) > 20 {
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

// standIn reports what is typed where a lot number is not known.
func standIn(s string) bool {
	if len(s) > 1 && strings.Count(s, s[:1]) == len(s) { // 000000, XXXX, ------
		return true
	}
	for _, word := range []string{"UNKNOWN", "FUMEI", "NONE", "N/A", "TEST", "123456", "不明", "なし"} {
		if strings.EqualFold(s, word) {
			return true
		}
	}
	return false
}

func hasLot(s string) bool { return len(s) > 3 && strings.EqualFold(s[:3], "lot") }

// place holds the rules on where it was given, and whose dose it is.
func (l *look) place(d *cert.Dose) {
	switch {
	case l.add(!codeForm(d.Country), cert.FindingDoseCountry, d.Number):
	case l.add(!isCountry(d.Country), cert.FindingDoseCountryUnknown, d.Number):
	default:
		l.add(d.Country != cert.Country, cert.FindingDoseCountryAbroad, d.Number)
	}
	if !l.add(!municipality(d.Municipality), cert.FindingDoseMunicipality, d.Number) {
		l.add(d.Municipality != l.Record.Municipality, cert.FindingDoseElsewhere, d.Number)
	}
}

// municipality reports six digits of which the last is the check digit.
func municipality(code cert.MunicipalityCode) bool {
	_, err := cert.ParseMunicipalityCode(string(code))
	return err == nil
}

// codeForm reports three capital letters.
func codeForm(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// isCountry reports a code of ISO 3166-1 alpha-3.
func isCountry(code string) bool {
	if code == cert.Country {
		return true
	}
	for i := 0; i+3 <= len(countries); i += 4 {
		if countries[i:i+3] == code {
			return true
		}
	}
	return false
}

// countries are the codes of ISO 3166-1 alpha-3, four bytes each.
const countries = "ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR BLZ BMU BOL BRA " +
	"BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI " +
	"ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN " +
	"IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR " +
	"MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK " +
	"PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR " +
	"SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKM TKL TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT " +
	"WLF WSM YEM ZAF ZMB ZWE "
