// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// rasterDots is fine enough for the smallest symbol there is, in dots an inch.
const rasterDots = "250"

// look makes a picture of a paper, has zbarimg read it, and compares that with
// what the judge has read of the paper.
func look(ctx context.Context, file []byte, symbols []string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	draw := exec.CommandContext(ctx, "pdftoppm", "-r", rasterDots, "-gray", "-singlefile", "-")
	draw.Stdin = bytes.NewReader(file)
	picture, err := draw.Output()
	if err != nil {
		return fmt.Errorf("pdftoppm: %w", err)
	}
	read := exec.CommandContext(ctx, "zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", "pgm:-")
	read.Stdin = bytes.NewReader(picture)
	said, err := read.Output()
	if err != nil {
		return fmt.Errorf("zbarimg: %w", err)
	}
	got, want := strings.Split(strings.TrimSuffix(string(said), "\n"), "\n"), slices.Clone(symbols)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return differs("what zbarimg reads", got, want)
	}
	return nil
}
