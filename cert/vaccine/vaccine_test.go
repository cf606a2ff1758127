// SPDX-License-Identifier: Apache-2.0

package vaccine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/vaccine"
)

func date(t testing.TB, s string) cert.Date {
	t.Helper()
	d, err := cert.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCodeByProductAndDateOfIssue is the table of FAQ 101, 112, 113 and 114.
func TestCodeByProductAndDateOfIssue(t *testing.T) {
	for _, tt := range []struct {
		product, issued    string
		cvx, ja, en, brand string
	}{
		{"コミナティ", "2021-12-20", "208", "コミナティ", "Comirnaty", "COMIRNATY"},
		{"コミナティ", "2026-01-01", "208", "コミナティ", "Comirnaty", "COMIRNATY"},
		{"コミナティ(BA.1)", "2022-09-20", "208", "コミナティ(BA.1)", "Comirnaty (BA.1)", "COMIRNATY"},
		{"コミナティ(BA.1)", "2023-02-06", "208", "コミナティ(BA.1)", "Comirnaty (BA.1)", "COMIRNATY"},
		{"コミナティ(BA.1)", "2023-02-07", "520", "コミナティ(BA.1)", "Comirnaty (BA.1)", "COMIRNATY"},
		{"コミナティ(BA.4-5)", "2022-11-01", "300", "コミナティ(BA.4-5)", "Comirnaty (BA.4-5)", "COMIRNATY"},
		{"コミナティ(BA.4-5)", "2023-03-01", "300", "コミナティ(BA.4-5)", "Comirnaty (BA.4-5)", "COMIRNATY"},
		{"コミナティ(5〜11歳用)", "2023-03-01", "218", "コミナティ(5〜11歳用)", "Comirnaty (5-11 years)", "COMIRNATY"},
		{"コミナティ(6ヵ月〜4歳用)", "2023-03-01", "219", "コミナティ(6ヵ月〜4歳用)", "Comirnaty (6 months-4 years)", "COMIRNATY"},
		{"コミナティ(5〜11歳用BA.4-5)", "2023-04-01", "301", "コミナティ(5〜11歳用BA.4-5)", "Comirnaty (5-11 years, BA.4-5)", "COMIRNATY"},
		{"コミナティ(XBB.1.5)", "2023-10-01", "309", "コミナティ(XBB.1.5)", "Comirnaty (XBB.1.5)", "COMIRNATY"},
		{"コミナティ(5〜11歳用XBB.1.5)", "2023-10-01", "310", "コミナティ(5〜11歳用XBB.1.5)", "Comirnaty (5-11 years, XBB.1.5)", "COMIRNATY"},
		{"コミナティ(6ヵ月〜4歳用XBB.1.5)", "2023-10-01", "308", "コミナティ(6ヵ月〜4歳用XBB.1.5)", "Comirnaty (6 months-4 years, XBB.1.5)", "COMIRNATY"},
		{"モデルナ", "2022-01-20", "207", "COVID-19ワクチンモデルナ", "COVID-19 Vaccine Moderna", "SPIKEVAX"},
		{"モデルナ", "2022-01-21", "207", "スパイクバックス", "Spikevax", "SPIKEVAX"},
		{"COVID-19ワクチンモデルナ", "2022-06-01", "207", "スパイクバックス", "Spikevax", "SPIKEVAX"},
		{"スパイクバックス", "2023-03-01", "207", "スパイクバックス", "Spikevax", "SPIKEVAX"},
		{"スパイクバックス(BA.1)", "2022-11-27", "207", "スパイクバックス(BA.1)", "Spikevax (BA.1)", "SPIKEVAX"},
		{"スパイクバックス(BA.1)", "2022-11-28", "229", "スパイクバックス(BA.1)", "Spikevax (BA.1)", "SPIKEVAX"},
		{"スパイクバックス(BA.1)", "2023-02-06", "229", "スパイクバックス(BA.1)", "Spikevax (BA.1)", "SPIKEVAX"},
		{"スパイクバックス(BA.1)", "2023-02-07", "519", "スパイクバックス(BA.1)", "Spikevax (BA.1)", "SPIKEVAX"},
		{"スパイクバックス(BA.4-5)", "2023-02-06", "229", "スパイクバックス(BA.4-5)", "Spikevax (BA.4-5)", "SPIKEVAX"},
		{"スパイクバックス(BA.4-5)", "2023-02-07", "229", "スパイクバックス(BA.4-5)", "Spikevax (BA.4-5)", "SPIKEVAX"},
		{"スパイクバックス(XBB.1.5)", "2023-10-01", "312", "スパイクバックス(XBB.1.5)", "Spikevax (XBB.1.5)", "SPIKEVAX"},
		{"ヌバキソビッド", "2022-07-01", "211", "ヌバキソビッド", "Nuvaxovid", "NUVAXOVID"},
		{"バキスゼブリア", "2022-07-01", "210", "バキスゼブリア", "Vaxzevria", "VAXZEVRIA"},
		{"ジェコビデン", "2023-02-07", "212", "ジェコビデン", "Jcovden", "JCOVDEN"},
	} {
		t.Run(tt.product+" "+tt.issued, func(t *testing.T) {
			v, err := vaccine.Resolve(cert.Dose{Product: tt.product}, date(t, tt.issued))
			if err != nil {
				t.Fatal(err)
			}
			if v.CVX != tt.cvx || v.ProductJa != tt.ja || v.ProductEn != tt.en || v.Brand != tt.brand {
				t.Errorf("got %+v", v)
			}
		})
	}
}

func TestTypeMakerAndICD11(t *testing.T) {
	for product, want := range map[string][4]string{
		"コミナティ":    {"mRNA vaccine", "ファイザー", "Pfizer", "XM0GQ8"},
		"スパイクバックス": {"mRNA vaccine", "モデルナ", "Moderna", "XM0GQ8"},
		"ヌバキソビッド":  {"Recombinant protein vaccine", "武田（ノババックス）", "Takeda (Novavax)", "XM5JC5"},
		"バキスゼブリア":  {"Viral vector vaccine", "アストラゼネカ", "AstraZeneca", "XM9QW8"},
		"ジェコビデン":   {"Viral vector vaccine", "ヤンセンファーマ", "Janssen Pharmaceutical", "XM9QW8"},
	} {
		v, err := vaccine.Resolve(cert.Dose{Product: product}, date(t, "2023-02-07"))
		if got := [4]string{v.TypeEn, v.MakerJa, v.MakerEn, v.ICD11}; err != nil || got != want {
			t.Errorf("%s: got %v, %v", product, got, err)
		}
	}
}

func TestSpellingVariantsAreOneProduct(t *testing.T) {
	for want, spellings := range map[string][]string{
		"コミナティ":                {"ｺﾐﾅﾃｨ", " コミナティ ", "コミナティ筋注", "コミナティRTU筋注", "COMIRNATY", "comirnaty"},
		"コミナティ(BA.1)":          {"コミナティ（BA.1）", "コミナティ（ＢＡ．１）", "コミナティ (ba.1)", "コミナティRTU筋注(BA.1)"},
		"コミナティ(BA.4-5)":        {"コミナティ（BA.4-5）", "コミナティ(BA.4/5)", "コミナティ（ＢＡ．４－５）", "コミナティ(BA.4‐5)", "コミナティ(BA.4–5)", "コミナティ(BA.4−5)"},
		"コミナティ(5〜11歳用)":        {"コミナティ（5〜11歳用）", "コミナティ（5～11歳用）", "コミナティ(5~11歳用)", "コミナティ筋注５〜１１歳用"},
		"コミナティ(6ヵ月〜4歳用)":       {"コミナティ（6ヵ月～4歳用）", "コミナティ(6か月〜4歳用)", "コミナティ(6カ月~4歳用)", "コミナティ(6ヶ月〜4歳用)", "コミナティ筋注6ヵ月〜4歳用"},
		"コミナティ(5〜11歳用BA.4-5)":  {"コミナティ(5～11歳用)(BA.4-5)", "コミナティ（５〜１１歳用・BA.4-5）"},
		"コミナティ(5〜11歳用XBB.1.5)": {"コミナティ（5～11歳用）（XBB.1.5）"},
		"スパイクバックス":             {"モデルナ", "COVID-19ワクチンモデルナ", "COVID-19 ワクチンモデルナ筋注", "COVID 19 ワクチンモデルナ", "ＣＯＶＩＤ－１９ワクチンモデルナ", "スパイクバックス筋注", "Spikevax", "COVID-19 Vaccine Moderna"},
	} {
		for _, s := range spellings {
			v, err := vaccine.Resolve(cert.Dose{Product: s}, date(t, "2024-01-01"))
			if err != nil || v.ProductJa != want {
				t.Errorf("%q: got %q, %v; want %q", s, v.ProductJa, err, want)
			}
		}
	}
}

func TestUnknownProductIsNotGuessed(t *testing.T) {
	for _, d := range []cert.Dose{
		{},
		{Manufacturer: "ファイザー"}, // the ledger's three presets, without a product
		{Manufacturer: "アストラゼネカ"},
		{Manufacturer: "武田/モデルナ"},
		{Product: "　"},
		{Product: "ファイザー"}, // made more than one
		{Product: "コミナティ(BA.9)"},
		{Product: "コミナティ(BA.1"},
		{Product: "スパイクバックス(5〜11歳用)"},
		{Product: "ダイチロナ"},
		{Product: "コミナティ\x00"},
		{Product: "\xff\xfe"},
		{Product: strings.Repeat("コミナティ", 100)},
	} {
		if v, err := vaccine.Resolve(d, date(t, "2023-03-01")); !errors.Is(err, vaccine.ErrUnknownProduct) || v != (cert.Vaccine{}) {
			t.Errorf("%q of %q: got %+v, %v", d.Product, d.Manufacturer, v, err)
		}
	}
}

func TestProductOfAnotherManufacturerIsRefused(t *testing.T) {
	for _, tt := range []struct {
		product, manufacturer string
		ok                    bool
	}{
		{"コミナティ", "ファイザー", true},
		{"コミナティ", "ファイザー／ビオンテック", true},
		{"コミナティ", "ﾌｧｲｻﾞｰ", true},
		{"コミナティ", "Pfizer", true},
		{"コミナティ", "", true},
		{"コミナティ", "武田/モデルナ", false},
		{"スパイクバックス", "武田/モデルナ", true},
		{"スパイクバックス", "武田／モデルナ", true},
		{"スパイクバックス", "ファイザー", false},
		{"ヌバキソビッド", "武田(ノババックス)", true},
		{"ヌバキソビッド", "武田", true},
		{"ヌバキソビッド", "武田/モデルナ", false},
		{"バキスゼブリア", "アストラゼネカ", true},
		{"バキスゼブリア", "ファイザー", false},
		{"ジェコビデン", "ヤンセンファーマ", true},
		{"ジェコビデン", "製造販売元不詳", true},
	} {
		_, err := vaccine.Resolve(cert.Dose{Product: tt.product, Manufacturer: tt.manufacturer}, date(t, "2023-03-01"))
		if tt.ok && err != nil || !tt.ok && (!errors.Is(err, vaccine.ErrMaker) || !errors.Is(err, vaccine.ErrUnknownProduct)) {
			t.Errorf("%s of %s: got %v", tt.product, tt.manufacturer, err)
		}
	}
}

func TestReaderMapsCodesByDate(t *testing.T) {
	for _, tt := range []struct{ code, issued, want string }{
		{"207", "2021-12-24", "COVID-19ワクチンモデルナ"},
		{"207", "2022-11-27", "スパイクバックス"},
		{"208", "2023-01-01", "コミナティ"},
		{"229", "2022-11-28", "スパイクバックス(2価)"},
		{"229", "2023-02-06", "スパイクバックス(2価)"},
		{"229", "2023-02-07", "スパイクバックス(BA.4-5)"},
		{"519", "2023-02-07", "スパイクバックス(BA.1)"},
		{"520", "2023-02-07", "コミナティ(BA.1)"},
		{"520", "2022-12-01", "コミナティ(BA.1)"}, // an issuer that had the code earlier
		{"300", "2022-11-01", "コミナティ(BA.4-5)"},
		{"211", "2022-11-01", "ヌバキソビッド"},
		{"217", "2022-11-01", "Comirnaty (tris buffer)"},
		{"500", "2022-11-01", "COVID-19 vaccine, not US, unknown product"},
	} {
		v, ok := vaccine.ByCVX(tt.code, date(t, tt.issued))
		if !ok || v.ProductJa != tt.want || v.CVX != tt.code {
			t.Errorf("%s on %s: got %q, %v; want %q", tt.code, tt.issued, v.ProductJa, ok, tt.want)
		}
	}
	for _, code := range []string{"", "999", "2", "208 "} {
		if v, ok := vaccine.ByCVX(code, date(t, "2023-01-01")); ok {
			t.Errorf("%q: got %+v", code, v)
		}
	}
}

func TestEveryNameResolvesCompletely(t *testing.T) {
	if len(vaccine.Names()) < 20 {
		t.Fatal("the table has lost its names")
	}
	for _, day := range []string{"2021-07-26", "2022-01-21", "2022-11-28", "2023-02-07", "2040-01-01"} {
		for _, name := range vaccine.Names() {
			v, err := vaccine.Resolve(cert.Dose{Product: name}, date(t, day))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, s := range []string{v.TypeJa, v.TypeEn, v.MakerJa, v.MakerEn, v.ProductJa, v.ProductEn, v.CVX, v.ICD11, v.Brand} {
				if s == "" {
					t.Errorf("%s on %s: something is empty in %+v", name, day, v)
				}
			}
			if len(v.ICD11) != 6 || len(v.CVX) != 3 {
				t.Errorf("%s: code %s, des %s", name, v.CVX, v.ICD11)
			}
			if read, ok := vaccine.ByCVX(v.CVX, date(t, day)); !ok || read.Brand != v.Brand {
				t.Errorf("%s on %s: code %s reads as %q", name, day, v.CVX, read.ProductJa)
			}
		}
	}
}

func TestErrorsQuoteNothingOfTheRecord(t *testing.T) {
	_, err := vaccine.Resolve(cert.Dose{Product: "ひみつ", Manufacturer: "ひみつ"}, date(t, "2023-01-01"))
	if err == nil || strings.Contains(fmt.Sprintf("%+v", err), "ひみつ") {
		t.Errorf("got %v", err)
	}
}

func FuzzResolve(f *testing.F) {
	for _, n := range vaccine.Names() {
		f.Add(n, "ファイザー")
	}
	f.Add("コミナティ\xff（", "武田/モデルナ")
	f.Fuzz(func(t *testing.T, product, manufacturer string) {
		v, err := vaccine.Resolve(cert.Dose{Product: product, Manufacturer: manufacturer}, cert.Date{Year: 2023, Month: 3, Day: 1})
		if (v == cert.Vaccine{}) == (err == nil) {
			t.Error("neither a vaccine nor an error")
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	d := cert.Dose{Product: "コミナティ（BA.4-5）", Manufacturer: "ファイザー"}
	day := cert.Date{Year: 2023, Month: 3, Day: 1}
	for b.Loop() {
		if _, err := vaccine.Resolve(d, day); err != nil {
			b.Fatal(err)
		}
	}
}
