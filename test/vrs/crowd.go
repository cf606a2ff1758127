// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"

	"kofu/cert"
)

// crowdPrefix starts the numbers of a crowd, and nobody else's.
const crowdPrefix = 70_000_000_000

// What everybody of a crowd was given.
const (
	CrowdMaker   = "ファイザー"
	CrowdProduct = "コミナティ"
)

// Member is one of a crowd, with what their record holds.
type Member struct {
	Resident
	Doses []Shot // in order
}

// Shot is a vaccination as a certificate names it.
type Shot struct{ Date, Lot string }

// Members yields n made-up persons of two municipalities that take part at every
// door, the same ones for the same seed. Two in five come as a pair, one after
// the other: same name, same birthday, same sex, same name in the passport.
// What tells them apart is what they were given, and each lot number is one
// person's alone. Six in ten have a passport, which an earlier overseas
// certificate has told the record of.
func Members(n int, seed uint64) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		r := rand.New(rand.NewPCG(seed, 0x63726f77))
		var before Member
		for i := range n {
			m := crowdMember(r, i)
			if i%5 == 1 {
				m.namesakeOf(before)
			}
			before = m
			if !yield(m) {
				return
			}
		}
	}
}

func crowdMember(r *rand.Rand, i int) Member {
	town := []cert.MunicipalityCode{"900010", "900028"}[i/5%2]
	name := pick(r, "架空", "見本", "例示", "試験", "仮名", "雛形", "設定", "想定", "模擬", "𠮷例", "髙例", "山﨑例") + "　" +
		pick(r, "一", "二葉", "三奈", "四郎", "五月", "六助", "七海", "八重", "九十九", "十和") + kanjiNumber(i)
	x := Resident{
		ID: fmt.Sprintf("c%07d", i), Case: "crowd", CaseJa: "群衆",
		Number: withCheckDigit(crowdPrefix + i), Name: name, VRSName: name, Kana: "グンシュウ　ヒトリ",
		Birth: cert.Date{Year: 1930 + r.IntN(75), Month: 1 + r.IntN(12), Day: 1 + r.IntN(28)},
		Sex:   cert.Sex(1 + r.IntN(2)), Address: "架空県群衆" + strconv.Itoa(i) + "番地",
		PIN: fmt.Sprintf("%04d", r.IntN(10000)), Municipality: town, HomeNo: fmt.Sprintf("7%09d", i), Ticket: fmt.Sprintf("6%09d", i),
		Expected: Expected{"issued", "passport_required", "issued", "no_overseas_history", "issued", "passport_required"},
	}
	if i%5 < 3 {
		x.Passport = crowdPassport(r, &x, i)
		x.Expected = Expected{"issued", "issued", "issued", "issued", "issued", "issued"}
	}
	return Member{x, crowdShots(r, i)}
}

// namesakeOf gives m what two persons can have in common.
func (m *Member) namesakeOf(other Member) {
	m.Name, m.VRSName, m.Birth, m.Sex = other.Name, other.VRSName, other.Birth, other.Sex
	if m.Passport != nil && other.Passport != nil {
		number := m.Passport.Number
		*m.Passport = *other.Passport
		m.Passport.Number = number
	}
}

// kanjiNumber makes the names of a crowd differ without a digit in them.
func kanjiNumber(i int) string {
	digits := []rune("〇一二三四五六七八九")
	var b strings.Builder
	for _, d := range strconv.Itoa(i) {
		b.WriteRune(digits[d-'0'])
	}
	return b.String()
}

func crowdPassport(r *rand.Rand, x *Resident, i int) *cert.Passport {
	letters := func(i int) string { // 26 letters are digits enough for all
		var b []byte
		for ; i > 0 || len(b) < 3; i /= 26 {
			b = append(b, byte('A'+i%26))
		}
		return string(b)
	}
	return &cert.Passport{
		Number:  cert.Private(fmt.Sprintf("ZZ%07d", i)),
		Primary: cert.Private(pick(r, "KAKU", "MIHON", "REIJI", "SHIKEN") + letters(i)), Secondary: cert.Private(pick(r, "HAJIME", "FUTABA", "MINA", "SHIRO")),
		Nationality: "JPN", Issuer: "JPN", BirthDate: x.Birth, Sex: " MF"[x.Sex], Expiry: cert.Date{Year: 2039, Month: 5, Day: 20},
	}
}

// crowdShots are one to seven, as far apart as they should be.
func crowdShots(r *rand.Rand, i int) []Shot {
	months := [][2]int{{2021, 6}, {2021, 7}, {2022, 2}, {2022, 7}, {2022, 12}, {2023, 5}, {2023, 10}}
	shots := make([]Shot, 1+r.IntN(len(months)))
	for k := range shots {
		day := cert.Date{Year: months[k][0], Month: months[k][1], Day: 1 + r.IntN(9)}
		if k > 0 {
			day.Day += r.IntN(19)
		}
		shots[k] = Shot{Date: day.String(), Lot: fmt.Sprintf("KC%07d%c", i, 'A'+k)}
	}
	return shots
}

// doses are m's shots as the record keeps them.
func (m *Member) doses() []dose {
	list := make([]dose, len(m.Doses))
	for i, s := range m.Doses {
		list[i] = dose{Date: s.Date, Manufacturer: CrowdMaker, Product: CrowdProduct, Lot: s.Lot}
	}
	list[0].Ticket = m.Ticket
	return list
}

// FillCrowd inserts [Members].
func (s *Server) FillCrowd(ctx context.Context, n int, seed uint64) error {
	queue := map[cert.MunicipalityCode][]Member{}
	flush := func(m cert.MunicipalityCode) error {
		p := s.partitions[m]
		if p == nil {
			return fmt.Errorf("%w: a crowd lives in %s, which is not in the data", ErrData, m)
		}
		err := p.write(ctx, func(tx *sql.Tx) error { return p.insertCrowd(ctx, tx, queue[m]) })
		queue[m] = queue[m][:0]
		return err
	}
	for x := range Members(n, seed) {
		m := x.Municipality
		if queue[m] = append(queue[m], x); len(queue[m]) == batch {
			if err := flush(m); err != nil {
				return err
			}
		}
	}
	var errs []error
	for m := range queue {
		errs = append(errs, flush(m))
	}
	return errors.Join(errs...)
}

func (p *Partition) insertCrowd(ctx context.Context, tx *sql.Tx, all []Member) error {
	for i := range all {
		x := &all[i]
		row := p.vault.person([]byte(x.Number))
		if err := p.insert(ctx, tx, row, x.person(p.code, x.HomeNo, x.doses())); err != nil {
			return err
		}
		if x.Passport == nil {
			continue
		}
		i, err := strconv.Atoi(x.HomeNo[1:])
		if err != nil {
			return fmt.Errorf("vrs: insert a crowd: %w", err)
		}
		const aDay = 500_000
		past := pastIssue{resident: x.ID, municipality: p.code, on: cert.Date{Year: 2023, Month: 6, Day: 1 + i/aDay}, passport: x.Passport}
		if err := p.insertPast(ctx, tx, row, past, 1+i%aDay); err != nil {
			return err
		}
	}
	return nil
}
