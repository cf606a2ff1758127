// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/pdf"
)

// need finds a program or says what is missing.
func need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("KOFU_REQUIRE") == "1" {
		t.Fatalf("%s is required: install it", program)
	}
	t.Skipf("install %s", program)
	return ""
}

func renderer(t testing.TB) *pdf.Renderer {
	t.Helper()
	r, err := pdf.New(pdf.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func render(t testing.TB, r *pdf.Renderer, d pdf.Document) []byte {
	t.Helper()
	file, err := r.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// person is a made-up holder.
type person struct {
	name               string
	primary, secondary string
	birth              cert.Date
}

func plain() person {
	return person{"見本　花子", "MIHON", "HANAKO", cert.Date{Year: 1985, Month: 3, Day: 14}}
}

// longest has the longest names that any door lets in.
func longest() person {
	return person{
		"ヴォルフェシュレーゲルシュタインハウゼンベルガードルフ　フーベルトブレインマリアンネ［寿限無寿限無五劫の擦り切れ］𠮷野葛\U000E0100城",
		"WOLFESCHLEGELSTEINHAUSENBERGERDORFF DE LA SANTISIMA TRINIDAD",
		"HUBERT BLAINE MARIA ANNE ALEXANDRA ELIZABETH",
		cert.Date{Year: 1950, Month: 3},
	}
}

// vaccines are a short, an ordinary and two long products.
func vaccines() []cert.Vaccine {
	const mRNA, mRNAEn = "メッセンジャーRNA（mRNA）ワクチン", "mRNA vaccine"
	return []cert.Vaccine{
		{TypeJa: mRNA, TypeEn: mRNAEn, MakerJa: "ファイザー", MakerEn: "Pfizer", ProductJa: "コミナティ", ProductEn: "Comirnaty", CVX: "208"},
		{TypeJa: mRNA, TypeEn: mRNAEn, MakerJa: "モデルナ", MakerEn: "Moderna", ProductJa: "スパイクバックス(BA.4-5)", ProductEn: "Spikevax (BA.4-5)", CVX: "229"},
		{TypeJa: "組換えタンパクワクチン", TypeEn: "Recombinant protein vaccine", MakerJa: "武田（ノババックス）", MakerEn: "Takeda (Novavax)", ProductJa: "ヌバキソビッド", ProductEn: "Nuvaxovid", CVX: "211"},
		{TypeJa: mRNA, TypeEn: mRNAEn, MakerJa: "ファイザー", MakerEn: "Pfizer", ProductJa: "コミナティ(6ヵ月〜4歳用XBB.1.5)", ProductEn: "Comirnaty (6 months-4 years, XBB.1.5)", CVX: "308"},
		{TypeJa: "ウイルスベクターワクチン", TypeEn: "Viral vector vaccine", MakerJa: "ヤンセンファーマ", MakerEn: "Janssen Pharmaceutical", ProductJa: "ジェコビデン", ProductEn: "Jcovden", CVX: "212"},
	}
}

// sample makes a document of a person with n doses, the last of n+extra.
func sample(p person, kind cert.Kind, n, extra int) pdf.Document {
	random := rand.New(rand.NewPCG(uint64(n), uint64(len(p.name))))
	c := &cert.Certificate{
		ID: "JPN900001202307190000" + cert.ID(fmt.Sprintf("%02d", n)), Kind: kind, Channel: cert.App,
		IssuedAt: time.Date(2023, 7, 19, 23, 30, 0, 0, time.UTC), // the 20th in Japan
		Issuer:   cert.Issuer{Municipality: "900001", Ja: "東京都見本区長", En: "Mayor of Mihon City, Tokyo"},
		Holder:   cert.Holder{Name: cert.Private(p.name), BirthDate: p.birth},
		Earlier:  extra > 0,
	}
	for i := range n {
		c.Doses = append(c.Doses, cert.CertifiedDose{
			Dose: cert.Dose{
				Number: extra + i + 1, Administered: true, Date: cert.Date{Year: 2021 + i/2, Month: 1 + i*2, Day: 9 + i*3},
				Lot: fmt.Sprintf("FA%04d", 1000+random.IntN(9000)), Country: cert.Country,
			},
			Vaccine: vaccines()[i%len(vaccines())],
		})
	}
	d := pdf.Document{Certificate: c, SHC: "shc:/" + digits(random, 1670)}
	if kind == cert.Overseas {
		c.Passport = &cert.Passport{
			Number: "TK0000000", Primary: cert.Private(p.primary), Secondary: cert.Private(p.secondary),
			Nationality: "JPN", Issuer: "JPN", BirthDate: p.birth, Sex: 'F', Expiry: cert.Date{Year: 2031, Month: 1, Day: 1},
		}
		noise := make([]byte, 900)
		for i := range noise {
			noise[i] = byte(random.IntN(256))
		}
		d.VDSNC = fmt.Sprintf(`{"data":{"hdr":{"is":"JPN","t":"icao.vacc","v":1},"msg":{"pid":{"i":"TK0000000","n":"%s"}}},"sig":{"alg":"ES256","cer":"%s"}}`,
			strings.ToUpper(p.primary), base64.URLEncoding.EncodeToString(noise))
	}
	return d
}

func digits(random *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + random.IntN(10))
	}
	return string(b)
}
