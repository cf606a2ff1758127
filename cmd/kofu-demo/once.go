// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path"

	"kofu/cert"
	"kofu/cert/verify"
	"kofu/test/phone"
	"kofu/test/vrs"
)

var (
	errRefused = errors.New("refused")
	errForged  = errors.New("what was written does not verify")
)

// file is one of the files that -once writes.
type file struct {
	path string // with slashes, below -out
	data []byte
}

// once plays the phone, writes what came of it, and verifies what was written
// after everything has been shut down.
func once(ctx context.Context, f flags, stdout io.Writer) error {
	r, err := choose(vrs.Residents(), f.resident)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "resident %s, made up: %s\n", r.ID, r.Case)
	files, published, refusals, err := play(ctx, f, r, stdout)
	if err != nil {
		return err
	}
	if err := clean(f.out); err != nil {
		return err
	}
	if len(files) > 0 {
		if err := write(f.out, files, published); err != nil {
			return err
		}
		if err := verifyWritten(f.out, files, stdout); err != nil {
			return err
		}
	}
	if refusals > 0 {
		return errRefused
	}
	return nil
}

// play opens a site, issues both kinds, and closes it again.
func play(ctx context.Context, f flags, r vrs.Resident, out io.Writer) (files []file, published map[string][]byte, refusals int, err error) {
	s, err := start(ctx, cmp.Or(f.listen, "127.0.0.1:0"), setting{clock: new(clock), log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	if published, err = s.published(ctx, client); err != nil {
		return nil, nil, 0, err
	}
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		_, c, err := s.issue(ctx, r, k, client)
		switch {
		case err == nil:
			files = append(files, filesOf(k, c)...)
		case refused(out, r, k, err):
			refusals++
		default:
			return nil, nil, 0, err
		}
	}
	return files, published, refusals, nil
}

func filesOf(k cert.Kind, c *phone.Certificate) []file {
	at := func(name string) string { return path.Join(string(k), name) }
	files := []file{{at("shc.txt"), []byte(c.SHC.QR)}, {at("shc.jws"), []byte(c.SHC.JWS)}}
	if k == cert.Overseas {
		files = append(files, file{at("vdsnc.json"), []byte(c.VDSNC)})
	}
	return append(files, file{at("certificate.pdf"), c.PDF})
}

// clean removes what an earlier run has written below dir: another person's
// certificate must not lie beside this one's keys.
func clean(dir string) error {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	defer root.Close()
	old := []string{jwksFile, cscaFile, bscFile}
	for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
		for _, f := range filesOf(k, &phone.Certificate{}) {
			old = append(old, f.path)
		}
	}
	for _, f := range old {
		if err := root.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove an earlier file: %w", err)
		}
	}
	return nil
}

// write puts everything below dir, and nothing anywhere else.
func write(dir string, files []file, published map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	defer root.Close()
	for p, data := range published {
		files = append(files, file{p, data})
	}
	for _, f := range files {
		if err := root.MkdirAll(path.Dir(f.path), 0o755); err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		if err := root.WriteFile(f.path, f.data, 0o644); err != nil {
			return fmt.Errorf("write a file: %w", err)
		}
	}
	return nil
}

// verifyWritten reads everything back from dir and judges it offline.
func verifyWritten(dir string, files []file, out io.Writer) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	defer root.Close()
	published := map[string][]byte{}
	for _, p := range []string{jwksFile, cscaFile, bscFile} {
		if published[p], err = root.ReadFile(p); err != nil {
			return fmt.Errorf("read a file back: %w", err)
		}
	}
	var read []verify.File
	for _, f := range files {
		data, err := root.ReadFile(f.path)
		if err != nil {
			return fmt.Errorf("read a file back: %w", err)
		}
		read = append(read, verify.File{Name: f.path, Data: data})
	}
	verdicts, err := judge(published, read...)
	if err != nil {
		return err
	}
	bad := len(verdicts) != len(read)
	for _, v := range verdicts {
		fmt.Fprintln(out, "  "+verdictLine(v))
		bad = bad || v.Outcome() != verify.Authentic
	}
	if bad {
		return errForged
	}
	return nil
}
