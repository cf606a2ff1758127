// SPDX-License-Identifier: Apache-2.0

package vaccine

import "kofu/cert"

// kind is a type of vaccine. The codes are extension codes of ICD-11: the
// class code is what Japan used for mRNA vaccines; for the other classes it is
// assumed. The wording of the types is assumed as well.
type kind struct{ ja, en, icd11 string }

var (
	mRNA    = kind{"メッセンジャーRNA（mRNA）ワクチン", "mRNA vaccine", "XM0GQ8"}
	vector  = kind{"ウイルスベクターワクチン", "Viral vector vaccine", "XM9QW8"}
	protein = kind{"組換えタンパクワクチン", "Recombinant protein vaccine", "XM5JC5"}
	unknown = kind{"種類不明", "Unspecified COVID-19 vaccine", "XM68M6"}
)

// maker is a manufacturer, with the marks by which a record may tell of it.
// 武田 alone tells of none: Takeda distributed both Moderna's vaccine (the
// ledger's preset 武田/モデルナ) and Novavax's.
type maker struct {
	ja, en string
	marks  []string
}

var (
	pfizer  = maker{"ファイザー", "Pfizer", []string{"ファイザー", "Pfizer", "ビオンテック", "BioNTech"}}
	moderna = maker{"モデルナ", "Moderna", []string{"モデルナ", "Moderna"}}
	novavax = maker{"武田（ノババックス）", "Takeda (Novavax)", []string{"ノババックス", "Novavax"}}
	astra   = maker{"アストラゼネカ", "AstraZeneca", []string{"アストラゼネカ", "AstraZeneca"}}
	janssen = maker{"ヤンセンファーマ", "Janssen Pharmaceutical", []string{"ヤンセン", "Janssen"}}

	makers = []maker{pfizer, moderna, novavax, astra, janssen}
)

// code is a CVX code with the first day of issue on which Japan's cards carry
// it. lasting is set where the code means this product, unset where it is
// another product's, carried until the code system had an own one.
type code struct {
	from    cert.Date
	cvx     string
	lasting bool
}

func always(cvx string) []code { return []code{{cvx: cvx, lasting: true}} }

// product is one row of the table. names lists what a record may call it,
// the printed name first.
type product struct {
	ja, en string
	names  []string
	kind   kind
	maker  maker
	brand  string // "nam" of VDS-NC
	codes  []code // by date

	// A product that was renamed is printed under its old name in
	// certificates issued before renamed.
	renamed      cert.Date
	oldJa, oldEn string

	from, until cert.Date // of its use in Japan; see [Terms]
}

// Days on which products were first used, and, assumed, last.
var (
	day20210217 = cert.Date{Year: 2021, Month: 2, Day: 17}
	day20210524 = cert.Date{Year: 2021, Month: 5, Day: 24}
	day20210803 = cert.Date{Year: 2021, Month: 8, Day: 3}
	day20220221 = cert.Date{Year: 2022, Month: 2, Day: 21}
	day20220525 = cert.Date{Year: 2022, Month: 5, Day: 25}
	day20220620 = cert.Date{Year: 2022, Month: 6, Day: 20} // approval: it was not used in the programme
	day20220920 = cert.Date{Year: 2022, Month: 9, Day: 20}
	day20220930 = cert.Date{Year: 2022, Month: 9, Day: 30}
	day20221013 = cert.Date{Year: 2022, Month: 10, Day: 13}
	day20221024 = cert.Date{Year: 2022, Month: 10, Day: 24}
	day20221128 = cert.Date{Year: 2022, Month: 11, Day: 28}
	day20230308 = cert.Date{Year: 2023, Month: 3, Day: 8}
	day20230919 = cert.Date{Year: 2023, Month: 9, Day: 19}
	day20230920 = cert.Date{Year: 2023, Month: 9, Day: 20}
	day20230925 = cert.Date{Year: 2023, Month: 9, Day: 25}
	day20240331 = cert.Date{Year: 2024, Month: 3, Day: 31}
)

// Days on which the codes or names in Japan's cards changed.
var (
	spikevaxRenamed    = cert.Date{Year: 2022, Month: 1, Day: 21}  // FAQ 101's own date; the day of the change is assumed
	spikevaxBivalent   = cert.Date{Year: 2022, Month: 11, Day: 28} // FAQ 114
	spikevaxCodesSplit = cert.Date{Year: 2023, Month: 2, Day: 7}   // FAQ 113, 114
)

var spikevaxBA45 = product{
	ja: "スパイクバックス(BA.4-5)", en: "Spikevax (BA.4-5)", kind: mRNA, maker: moderna, brand: "SPIKEVAX",
	from: day20221128, until: day20230919,
	names: []string{"スパイクバックス(BA.4-5)", "Spikevax (BA.4-5)"},
	codes: always("229"), // assumed
}

// products is the table. Parentheses are half-width, to suit a narrow column;
// the FAQ writes them full-width. Brands are assumed but for COMIRNATY, and
// name no variant.
var products = []product{
	{
		ja: "コミナティ", en: "Comirnaty", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20210217, until: day20230919,
		names: []string{"コミナティ", "コミナティRTU", "Comirnaty"},
		codes: always("208"), // assumed
	},
	{
		ja: "コミナティ(BA.1)", en: "Comirnaty (BA.1)", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20220920, until: day20230919,
		names: []string{"コミナティ(BA.1)", "コミナティRTU(BA.1)", "Comirnaty (BA.1)"},
		// FAQ 113: read as plain コミナティ until 2023-02-06. The codes are assumed.
		codes: []code{{cvx: "208"}, {spikevaxCodesSplit, "520", true}},
	},
	{
		ja: "コミナティ(BA.4-5)", en: "Comirnaty (BA.4-5)", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20221013, until: day20230919,
		names: []string{"コミナティ(BA.4-5)", "コミナティRTU(BA.4-5)", "Comirnaty (BA.4-5)"},
		codes: always("300"), // assumed
	},
	{
		ja: "コミナティ(5〜11歳用)", en: "Comirnaty (5-11 years)", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20220221, until: day20230919,
		names: []string{"コミナティ(5〜11歳用)", "コミナティ5〜11歳用", "Comirnaty (5-11 years)"},
		codes: always("218"), // assumed
	},
	{
		ja: "コミナティ(6ヵ月〜4歳用)", en: "Comirnaty (6 months-4 years)", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20221024, until: day20230919,
		names: []string{"コミナティ(6ヵ月〜4歳用)", "コミナティ6ヵ月〜4歳用", "Comirnaty (6 months-4 years)"},
		codes: always("219"), // assumed
	},
	{ // not in FAQ 112, which is older; name and code assumed
		ja: "コミナティ(5〜11歳用BA.4-5)", en: "Comirnaty (5-11 years, BA.4-5)", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20230308, until: day20230919,
		names: []string{"コミナティ(5〜11歳用BA.4-5)", "コミナティ(5〜11歳用)(BA.4-5)", "Comirnaty (5-11 years, BA.4-5)"},
		codes: always("301"),
	},
	{ // as above
		ja: "コミナティ(XBB.1.5)", en: "Comirnaty (XBB.1.5)", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20230920, until: day20240331,
		names: []string{"コミナティ(XBB.1.5)", "コミナティRTU(XBB.1.5)", "Comirnaty (XBB.1.5)"},
		codes: always("309"),
	},
	{ // as above
		ja: "コミナティ(5〜11歳用XBB.1.5)", en: "Comirnaty (5-11 years, XBB.1.5)", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20230920, until: day20240331,
		names: []string{"コミナティ(5〜11歳用XBB.1.5)", "コミナティ(5〜11歳用)(XBB.1.5)", "Comirnaty (5-11 years, XBB.1.5)"},
		codes: always("310"),
	},
	{ // as above
		ja: "コミナティ(6ヵ月〜4歳用XBB.1.5)", en: "Comirnaty (6 months-4 years, XBB.1.5)", kind: mRNA, maker: pfizer, brand: "COMIRNATY",
		from: day20230920, until: day20240331,
		names: []string{"コミナティ(6ヵ月〜4歳用XBB.1.5)", "コミナティ(6ヵ月〜4歳用)(XBB.1.5)", "Comirnaty (6 months-4 years, XBB.1.5)"},
		codes: always("308"),
	},
	{
		ja: "スパイクバックス", en: "Spikevax", kind: mRNA, maker: moderna, brand: "SPIKEVAX",
		from: day20210524, until: day20230919,
		names: []string{
			"スパイクバックス", "COVID-19ワクチンモデルナ", "COVID 19ワクチンモデルナ", "新型コロナワクチンモデルナ", "モデルナ",
			"Spikevax", "COVID-19 Vaccine Moderna",
		},
		codes:   always("207"), // seen in a real card
		renamed: spikevaxRenamed, oldJa: "COVID-19ワクチンモデルナ", oldEn: "COVID-19 Vaccine Moderna",
	},
	{
		ja: "スパイクバックス(BA.1)", en: "Spikevax (BA.1)", kind: mRNA, maker: moderna, brand: "SPIKEVAX",
		from: day20220920, until: day20230919,
		names: []string{"スパイクバックス(BA.1)", "Spikevax (BA.1)"},
		// FAQ 114: read as plain スパイクバックス until 2022-11-27, as スパイクバックス(2価)
		// until 2023-02-06. The codes are assumed.
		codes: []code{{cvx: "207"}, {spikevaxBivalent, "229", false}, {spikevaxCodesSplit, "519", true}},
	},
	spikevaxBA45,
	{ // newer than FAQ 112; name and code assumed
		ja: "スパイクバックス(XBB.1.5)", en: "Spikevax (XBB.1.5)", kind: mRNA, maker: moderna, brand: "SPIKEVAX",
		from: day20230925, until: day20240331,
		names: []string{"スパイクバックス(XBB.1.5)", "Spikevax (XBB.1.5)"},
		codes: always("312"),
	},
	{
		ja: "ヌバキソビッド", en: "Nuvaxovid", kind: protein, maker: novavax, brand: "NUVAXOVID",
		from: day20220525, until: day20240331,
		names: []string{"ヌバキソビッド", "Nuvaxovid"},
		codes: always("211"), // assumed
	},
	{
		ja: "バキスゼブリア", en: "Vaxzevria", kind: vector, maker: astra, brand: "VAXZEVRIA",
		from: day20210803, until: day20220930,
		names: []string{"バキスゼブリア", "Vaxzevria"},
		codes: always("210"), // assumed
	},
	{
		ja: "ジェコビデン", en: "Jcovden", kind: vector, maker: janssen, brand: "JCOVDEN",
		from:  day20220620,
		names: []string{"ジェコビデン", "Jcovden"},
		codes: always("212"), // assumed
	},
}

// foreign holds codes that other issuers' cards carry and kofu's never do.
var foreign = []cert.Vaccine{
	foreignVaccine("213", unknown, "", "COVID-19 vaccine, unspecified"),
	foreignVaccine("217", mRNA, "Pfizer", "Comirnaty (tris buffer)"),
	foreignVaccine("221", mRNA, "Moderna", "Spikevax (50 mcg/0.5 mL)"),
	foreignVaccine("227", mRNA, "Moderna", "Spikevax (6-11 years)"),
	foreignVaccine("228", mRNA, "Moderna", "Spikevax (6 months-5 years)"),
	foreignVaccine("302", mRNA, "Pfizer", "Comirnaty (6 months-4 years, BA.4-5)"),
	foreignVaccine("311", mRNA, "Moderna", "Spikevax (6 months-11 years, XBB.1.5)"),
	foreignVaccine("313", protein, "Novavax", "Nuvaxovid (XBB.1.5)"),
	foreignVaccine("500", unknown, "", "COVID-19 vaccine, not US, unknown product"),
}

func foreignVaccine(cvx string, k kind, maker, product string) cert.Vaccine {
	return cert.Vaccine{
		TypeJa: k.ja, TypeEn: k.en, MakerJa: maker, MakerEn: maker,
		ProductJa: product, ProductEn: product, CVX: cvx, ICD11: k.icd11,
	}
}
