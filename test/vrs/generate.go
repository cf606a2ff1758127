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

	"kofu/cert"
)

// generatedPrefix starts the numbers of generated residents, and no embedded
// one's.
const generatedPrefix = 80_000_000_000

// Generate yields n made-up residents, the same ones for the same seed, for
// load. All expect "issued" for a domestic certificate at a door that their
// municipality takes part in; none has a passport.
func Generate(n int, seed uint64) iter.Seq[Resident] {
	return func(yield func(Resident) bool) {
		for x := range generate(n, seed, Municipalities()) {
			if !yield(x.Resident) {
				return
			}
		}
	}
}

// generated is a resident with the doses that the record holds.
type generated struct {
	Resident
	doses []dose
}

func generate(n int, seed uint64, towns []cert.MunicipalityCode) iter.Seq[generated] {
	return func(yield func(generated) bool) {
		r := rand.New(rand.NewPCG(seed, 0x6b6f6675))
		for i := range n {
			if !yield(generateOne(r, i, towns)) {
				return
			}
		}
	}
}

func generateOne(r *rand.Rand, i int, towns []cert.MunicipalityCode) generated {
	family := pick(r, "架空", "見本", "例示", "試験", "仮名", "雛形", "設定", "想定", "模擬", "𠮷例", "髙例", "山﨑例")
	given := pick(r, "一", "二葉", "三奈", "四郎", "五月", "六助", "七海", "八重", "九十九", "十和")
	m := towns[i%len(towns)]
	name := family + "　" + given + strconv.Itoa(i)
	x := Resident{
		ID: fmt.Sprintf("g%07d", i+1), Case: "generated", CaseJa: "自動生成",
		Number: withCheckDigit(generatedPrefix + i), Name: name, VRSName: name, Kana: "ジドウ　セイセイ",
		Birth: cert.Date{Year: 1930 + r.IntN(75), Month: 1 + r.IntN(12), Day: 1 + r.IntN(28)},
		Sex:   cert.Sex(1 + r.IntN(2)), Address: "架空県自動生成" + strconv.Itoa(i+1) + "番地",
		PIN: fmt.Sprintf("%04d", r.IntN(10000)), Municipality: m, HomeNo: fmt.Sprintf("8%09d", i), Ticket: fmt.Sprintf("9%09d", i),
		Expected: Expected{"issued", "passport_required", "issued", "no_overseas_history", "issued", "passport_required"},
	}
	doses := generateDoses(r, 1+r.IntN(7))
	doses[0].Ticket = x.Ticket // one for each person: a million of seven would be mostly index
	return generated{x, doses}
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// generateDoses spreads n doses over the programme, in order, two months and
// more apart.
func generateDoses(r *rand.Rand, n int) []dose {
	doses := make([]dose, n)
	for i := range doses {
		doses[i] = dose{
			Date:         cert.Date{Year: 2021 + i/3, Month: 4*(i%3) + 3 + r.IntN(2), Day: 1 + r.IntN(28)}.String(),
			Manufacturer: "ファイザー",
			Product:      "コミナティ",
			Lot:          fmt.Sprintf("KM%04d", 1000+r.IntN(9000)),
		}
	}
	return doses
}

// withCheckDigit makes a My Number of eleven digits (ministerial order 85 of
// 2014, article 5).
func withCheckDigit(eleven int) string {
	sum, rest := 0, eleven
	for n := 1; n <= 11; n++ {
		q := n + 1
		if n > 6 {
			q = n - 5
		}
		sum += q * (rest % 10)
		rest /= 10
	}
	check := 0
	if r := sum % 11; r > 1 {
		check = 11 - r
	}
	return fmt.Sprintf("%011d%d", eleven, check)
}

// batch is how many persons go into one transaction.
const batch = 10_000

// Fill inserts n generated residents, as they come.
func (s *Server) Fill(ctx context.Context, n int, seed uint64) error {
	towns := s.codes()
	next, stop := iter.Pull(generate(n, seed, towns))
	defer stop()
	queue := make(map[cert.MunicipalityCode][]generated, len(towns))
	for {
		x, more := next()
		if more {
			queue[x.Municipality] = append(queue[x.Municipality], x)
		}
		for _, m := range towns {
			if len(queue[m]) < batch && more || len(queue[m]) == 0 {
				continue
			}
			if err := s.partitions[m].insertAll(ctx, queue[m]); err != nil {
				return err
			}
			queue[m] = queue[m][:0]
		}
		if !more {
			return nil
		}
	}
}

func (p *Partition) insertAll(ctx context.Context, all []generated) error {
	return p.write(ctx, func(tx *sql.Tx) error {
		stmt, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO persons (person, sealed, birth) VALUES (?, ?, ?)`)
		if err != nil {
			return fmt.Errorf("vrs: insert: %w", err)
		}
		defer stmt.Close()
		tickets, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO tickets (ticket, person) VALUES (?, ?)`)
		if err != nil {
			return fmt.Errorf("vrs: insert: %w", err)
		}
		defer tickets.Close()
		for i := range all {
			row := p.vault.person([]byte(all[i].Number))
			sealed, err := p.vault.sealJSON(row, all[i].person(p.code, all[i].HomeNo, all[i].doses))
			if err != nil {
				return err
			}
			_, err = stmt.ExecContext(ctx, row, sealed, p.vault.birth(all[i].Birth.String()))
			_, err2 := tickets.ExecContext(ctx, p.vault.ticket(all[i].Ticket), row)
			if err := errors.Join(err, err2); err != nil {
				return fmt.Errorf("vrs: insert: %w", err)
			}
		}
		return nil
	})
}
