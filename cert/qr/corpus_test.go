// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	qrcode "github.com/skip2/go-qrcode"

	"kofu/cert/qr"
)

// corpus is how many texts are written and read back. The stranger's program
// reads some of them, at least one of each version and level, and with
// KOFU_LONG=1 all.
const corpus = 10_000

// payload returns text for about the whole of a symbol of a version and level.
// Kinds: a SMART Health Card, JSON as in a VDS-NC, a link, words in capitals,
// Japanese, and a mixture.
func payload(r *rand.Rand, fits [3]int, kind int) string {
	pick := func(set string, n int) string {
		chars, out := []rune(set), make([]rune, n)
		for i := range out {
			out[i] = chars[r.IntN(len(chars))]
		}
		return string(out)
	}
	room := func(n int) int { return max(1, n-r.IntN(1+n/12)) }
	const digit, capital, small = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:", `abcdefghijklmnopqrstuvwxyz{}":,_-@?&=#`
	octets := room(fits[2])
	switch kind {
	case 0:
		return "shc:/" + pick(digit, room(fits[0])*max(0, octets-7)/(octets+1))
	case 1:
		return `{"d":` + pick(small+capital, max(0, octets-6)) + "}"
	case 2:
		return "https://" + pick(small+digit, max(0, octets-8))
	case 3:
		return pick(capital, room(fits[1]))
	case 4:
		return pick("新型コロナウイルス感染症予防接種証明書山田太郎髙﨑𠮷野", 1+octets/4)
	}
	var b strings.Builder
	for b.Len() < octets {
		b.WriteString(pick([]string{digit, capital[:36], small}[r.IntN(3)], r.IntN(min(60, 1+octets-b.Len())+1)))
	}
	return b.String()[:octets]
}

// size is what a symbol is asked for.
type size struct {
	version int
	level   qr.Level
}

// TestCorpus writes random texts of all kinds over all versions and levels
// and has each read, exactly, by a reader that shares no code with the writer.
// None takes a larger version than the other writer's.
//
// Rows: R1.4, R5.1
func TestCorpus(t *testing.T) {
	total := corpus
	if underRace || testing.Short() {
		total = 320
	}
	r := rand.New(rand.NewPCG(22, 18004))
	e := qr.NewEncoder()
	zbar := newStranger(t)
	met, smaller := map[size]int{}, 0
	for i := range total {
		asked := size{1 + i/4%40, qr.Level(i % 4)}
		text := payload(r, fits(t, asked.version, asked.level), i/160%6)
		m, err := e.Encode(text, asked.level)
		if err != nil {
			t.Fatalf("%+v, %d bytes: %v", asked, len(text), err)
		}
		if got, err := qr.ReadExact(m); err != nil || got != text {
			t.Fatalf("%+v, %d bytes, version %d: %v", asked, len(text), m.Version, err)
		}
		theirs, err := qrcode.New(text, []qrcode.RecoveryLevel{qrcode.Low, qrcode.Medium, qrcode.High, qrcode.Highest}[asked.level])
		switch {
		case err != nil || theirs.VersionNumber > m.Version:
			smaller++
		case theirs.VersionNumber < m.Version:
			t.Errorf("%+v, %d bytes: version %d, %d would do", asked, len(text), m.Version, theirs.VersionNumber)
		}
		made := size{m.Version, asked.level}
		met[made]++
		if met[made] <= 4 || os.Getenv("KOFU_LONG") == "1" {
			zbar.show(m, text)
		}
	}
	zbar.read()
	t.Logf("%d texts, %d of version and level, %d smaller than the other writer's, %d read by zbarimg", total, len(met), smaller, zbar.shown)
	if total == corpus && len(met) < 160 {
		t.Errorf("only %d of 160 versions and levels were met", len(met))
	}
}

// stranger has zbarimg read many pictures in one call.
type stranger struct {
	t       *testing.T
	program string // empty where there is none
	folder  string
	texts   []string
	shown   int
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	program, err := exec.LookPath("zbarimg")
	if err != nil && os.Getenv("KOFU_REQUIRE") == "1" {
		t.Fatal("zbarimg is required: install it")
	}
	return &stranger{t: t, program: program, folder: t.TempDir()}
}

// show keeps m for reading, as a picture of two pixels a module.
func (s *stranger) show(m *qr.Matrix, text string) {
	s.t.Helper()
	if s.program == "" {
		return
	}
	img := m.Image(2)
	side := img.Rect.Dx()
	var b bytes.Buffer
	fmt.Fprintf(&b, "P5 %d %d 1\n", side, side)
	for _, p := range img.Pix {
		b.WriteByte(1 - p)
	}
	if err := os.WriteFile(filepath.Join(s.folder, fmt.Sprintf("%03d.pgm", len(s.texts))), b.Bytes(), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if s.texts = append(s.texts, text); len(s.texts) == 100 {
		s.read()
	}
}

// read has what was shown since the last call read.
func (s *stranger) read() {
	s.t.Helper()
	if len(s.texts) == 0 {
		return
	}
	// Without -S another kind of bar code is seen in some, and Japanese taken for Shift_JIS.
	args := []string{"--raw", "-q", "--nodbus", "-Sdisable", "-Sqrcode.enable", "-Sbinary"}
	for i := range s.texts {
		args = append(args, filepath.Join(s.folder, fmt.Sprintf("%03d.pgm", i)))
	}
	out, err := exec.CommandContext(context.WithoutCancel(s.t.Context()), s.program, args...).Output()
	if want := strings.Join(s.texts, ""); err != nil || string(out) != want {
		s.t.Errorf("zbarimg read %d bytes, not the %d in pictures %d to %d: %v", len(out), len(want), s.shown, s.shown+len(s.texts)-1, err)
	}
	s.shown += len(s.texts)
	s.texts = nil
}
