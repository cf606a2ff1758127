// SPDX-License-Identifier: Apache-2.0

package pdf

import "kofu/cert"

// label is a fixed text in both languages.
type label struct{ ja, en string }

// The fixed texts of the page. Title and kinds are the official ones; the
// note on five doses is the text in use since 2023-06-19; the rest is
// assumed.
var (
	labelTitle = label{"新型コロナウイルス感染症予防接種証明書", "Vaccination Certificate of COVID-19"}

	labelDomestic = label{"日本国内用", "Domestic use in Japan"}
	labelOverseas = label{"海外用及び日本国内用", "International travel & domestic use in Japan"}

	labelName        = label{"氏名", "Name"}
	labelRoman       = label{"ローマ字氏名", "Name in passport"}
	labelBirth       = label{"生年月日", "Date of birth"}
	labelNationality = label{"国籍・地域", "Nationality/Region"}
	labelPassport    = label{"旅券番号", "Passport number"}

	labelNumber  = label{"回数", "Dose"}
	labelDate    = label{"接種年月日", "Vaccination date"}
	labelType    = label{"ワクチンの種類", "Vaccine type"}
	labelMaker   = label{"メーカー", "Manufacturer"}
	labelProduct = label{"製品名", "Product"}
	labelLot     = label{"製造番号", "Lot number"}
	labelCountry = label{"接種国", "Country"}

	labelEarlier = label{
		"※本証明書発行者が保存している接種記録のうち直近5回分が記載されます。",
		"* Of the vaccination records kept by the issuer of this certificate, the latest five doses are shown.",
	}
	labelEnd       = label{"以下余白", "End of records"} // nothing can be added by hand
	labelStatement = label{
		"上記のとおり新型コロナウイルス感染症の予防接種の記録があることを証明します。",
		"This is to certify that the vaccination record of the person named above is as stated.",
	}
	labelIssuer   = label{"発行者", "Issuer"}
	labelID       = label{"証明書ID", "Certificate ID"}
	labelIssuedOn = label{"発行年月日", "Date of issue"}

	labelSHC   = label{"国内・海外用二次元コード", "SMART Health Cards"}
	labelVDSNC = label{"海外渡航用二次元コード", "ICAO VDS-NC, for international travel"}
	// What is said in the place of the symbols to those who listen to the page.
	labelSHCHeard   = label{"国内・海外用の二次元コード。接種記録とその電子署名が入っています。", "SMART Health Cards symbol: the vaccination record with its digital signature."}
	labelVDSNCHeard = label{"海外渡航用の二次元コード。接種記録とその電子署名が入っています。", "ICAO VDS-NC symbol, for international travel: the vaccination record with its digital signature."}

	labelFootnote = label{
		"二次元コードの電子署名により、この証明書が真正であることを確認できます。二次元コードを折ったり汚したりしないでください。",
		"The digital signatures in the codes show that this certificate is authentic. Please do not fold or stain the codes.",
	}

	// In the place of the symbols, where the applicant insists on characters
	// that no symbol may hold, and the footnote of such a paper.
	labelNoSymbol = label{"二次元コードなし", "No two-dimensional code"}
	labelReason   = label{
		"氏名を申請者の希望する文字（旧字・俗字）で記載しているため、この証明書に二次元コードはありません。",
		"The name is shown in characters requested by the applicant; this certificate therefore bears no two-dimensional code.",
	}
	labelContact = label{
		"この証明書についてのお問い合わせは、証明書IDを添えて発行者にお願いします。",
		"For enquiries about this certificate, please contact the issuer and quote the certificate ID.",
	}

	labelSpecimen = "見本 SPECIMEN"
)

func labelKind(k cert.Kind) label {
	if k == cert.Overseas {
		return labelOverseas
	}
	return labelDomestic
}
