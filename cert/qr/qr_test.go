// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kofu/cert/qr"
)

// digits returns n digits that do not repeat.
func digits(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d", (i*i*7919+i*104729)%1000003)
	}
	return b.String()[:n]
}

func TestRoundTrip(t *testing.T) {
	levels := map[string]qr.Level{"L": qr.L, "M": qr.M, "Q": qr.Q, "H": qr.H}
	for name, l := range levels {
		for _, text := range []string{
			"a", "shc:/" + digits(10), "shc:/" + digits(400), "shc:/" + digits(1100),
			`{"data":{"hdr":{"is":"JPN"}}}`, "https://example.jp/𠮷野", "新型コロナウイルス", "é", "ABC123", "0",
		} {
			m, err := qr.Encode(text, l)
			if err != nil {
				t.Fatalf("level %s, %d bytes: %v", name, len(text), err)
			}
			if got, err := qr.Read(m); err != nil || got != text {
				t.Errorf("level %s, %d bytes, version %d: Read: %q, %v", name, len(text), m.Version, got, err)
			}
			if got, err := qr.ReadExact(m); err != nil || got != text {
				t.Errorf("level %s, %d bytes, version %d: ReadExact: %v", name, len(text), m.Version, err)
			}
		}
	}
}

func TestRoundTripEveryVersion(t *testing.T) {
	seen := map[int]bool{}
	step := 250
	if testing.Short() {
		step = 400
	}
	for n := 10; n <= 7080; n += step {
		m, err := qr.Encode("shc:/"+digits(n), qr.L)
		if err != nil {
			t.Fatalf("%d digits: %v", n, err)
		}
		if seen[m.Version] {
			continue
		}
		seen[m.Version] = true
		if got, err := qr.ReadExact(m); err != nil || got != "shc:/"+digits(n) {
			t.Errorf("version %d: %v", m.Version, err)
		}
	}
	if !testing.Short() && len(seen) < 24 {
		t.Errorf("only %d versions seen", len(seen))
	}
}

// The limits of version 22 are those of SMART Health Cards 1.4.0, FAQ "QR".
func TestVersion22Limits(t *testing.T) {
	for name, c := range map[string]struct {
		level qr.Level
		chars int
	}{"L": {qr.L, 1195}, "M": {qr.M, 927}, "Q": {qr.Q, 670}, "H": {qr.H, 519}} {
		m, err := qr.Encode("shc:/"+digits(2*c.chars), c.level)
		if err != nil || m.Version != 22 {
			t.Errorf("%s: %d characters: %v, %v", name, c.chars, m, err)
		}
		if m, err = qr.Encode("shc:/"+digits(2*c.chars+2), c.level); err != nil || m.Version <= 22 {
			t.Errorf("%s: %d characters still fit", name, c.chars+1)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		level qr.Level
		want  error
	}{
		"empty":      {"", qr.L, qr.ErrEmpty},
		"not UTF-8":  {"a\xff", qr.L, qr.ErrText},
		"too long":   {strings.Repeat("a", 2954), qr.L, qr.ErrTooLong},
		"too long H": {strings.Repeat("a", 1274), qr.H, qr.ErrTooLong},
		"digits":     {digits(7090), qr.L, qr.ErrTooLong},
		"level":      {"a", qr.Level(9), qr.ErrEncode},
	} {
		if _, err := qr.Encode(c.text, c.level); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := qr.Encode(strings.Repeat("a", 2953), qr.L); err != nil {
		t.Errorf("the largest symbol: %v", err)
	}
}

// Rows: R1.4, R5.1
func TestReadExactSeesEveryModule(t *testing.T) {
	m, err := qr.Encode("shc:/"+digits(60), qr.L)
	if err != nil {
		t.Fatal(err)
	}
	for y := range m.Size {
		for x := range m.Size {
			m.Set(x, y, !m.Dark(x, y))
			if _, err := qr.ReadExact(m); err == nil {
				t.Errorf("module %d,%d turned over, and nothing said", x, y)
			}
			m.Set(x, y, !m.Dark(x, y))
		}
	}
	m.Set(20, 20, !m.Dark(20, 20))
	if _, err := qr.Read(m); err != nil {
		t.Errorf("Read with one module wrong: %v", err)
	}
}

func TestNewMatrixSizes(t *testing.T) {
	for _, n := range []int{-1, 0, 17, 20, 22, 23, 24, 178, 181, 1 << 40} {
		if _, err := qr.NewMatrix(n); !errors.Is(err, qr.ErrMatrix) {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// need finds a program or says what is missing.
func need(t *testing.T, program string) string {
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

func TestPNGReadByStranger(t *testing.T) {
	zbar := need(t, "zbarimg")
	for name, text := range map[string]string{
		"shc":      "shc:/" + digits(1640),
		"long":     "shc:/" + digits(2390),
		"json":     `{"data":{"hdr":{"is":"JPN","t":"icao.vacc"},"n":"` + strings.Repeat("YAMADA TARO ", 120) + `"}}`,
		"shortest": "0",
	} {
		m, err := qr.Encode(text, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "symbol.png")
		if err := os.WriteFile(path, m.PNG(4), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), zbar, "--raw", "-q", path).Output()
		if err != nil || strings.TrimSuffix(string(out), "\n") != text {
			t.Errorf("%s: zbarimg: %v, %d bytes", name, err, len(out))
		}
	}
}
