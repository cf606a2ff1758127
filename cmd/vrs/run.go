// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"kofu/test/vrs"
)

// options are the flags.
type options struct {
	listen, admin    string
	certs, db, files string
	generate, crowd  int
	seed             uint64
	latency          time.Duration
}

var errUsage = errors.New("usage")

func parse(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("vrs", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.listen, "listen", "127.0.0.1:8446", "`address` of the gateway, on this machine")
	f.StringVar(&o.admin, "admin", "127.0.0.1:8447", "`address` of the switchboard of faults, on this machine; \"\" for none")
	f.StringVar(&o.certs, "certs", "", "`folder` for the authority, the client's certificate, credentials and keys; made there when missing")
	f.StringVar(&o.db, "db", "", "`folder` of the databases; in memory when not given")
	f.StringVar(&o.files, "residents", "", "`folder` with residents.csv and its fellows; the embedded ones when not given")
	f.IntVar(&o.generate, "generate", 0, "insert `n` more residents")
	f.IntVar(&o.crowd, "crowd", 0, "insert `n` persons among whom many are alike")
	f.Uint64Var(&o.seed, "seed", 1, "of -generate and -crowd")
	f.DurationVar(&o.latency, "latency", 0, "added to every answer")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil:
		return o, errUsage
	case f.NArg() > 0:
		return o, fmt.Errorf("%w: no arguments, only flags", errUsage)
	case o.certs == "":
		return o, fmt.Errorf("%w: say where to put certificates: -certs FOLDER", errUsage)
	case o.generate < 0 || o.crowd < 0 || o.latency < 0:
		return o, fmt.Errorf("%w: a number is negative", errUsage)
	}
	return o, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, addr := range []string{o.listen, o.admin} {
		if err := loopback(addr); err != nil {
			return err
		}
	}
	s, certs, err := open(o)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := fill(ctx, s, o, out); err != nil {
		return err
	}
	return serve(ctx, s, certs, o, out)
}

// loopback refuses addresses that others could reach.
func loopback(addr string) error {
	if addr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	if err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%w: %s is not an address of this machine alone", errUsage, addr)
	}
	return nil
}

func open(o options) (*vrs.Server, *vrs.Certificates, error) {
	var files fs.FS // the embedded ones
	if o.files != "" {
		files = os.DirFS(o.files)
	}
	municipalities, err := vrs.MunicipalitiesIn(files)
	if err != nil {
		return nil, nil, err
	}
	secrets, err := loadSecrets(o.certs, municipalities)
	if err != nil {
		return nil, nil, err
	}
	c := vrs.Config{
		Data: files,
		Dir:  o.db, Keys: secrets.keys, Credentials: secrets.credentials, Latency: o.latency,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	if o.db != "" {
		if err := os.MkdirAll(o.db, 0o700); err != nil {
			return nil, nil, fmt.Errorf("make the folder of the databases: %w", err)
		}
	}
	s, err := vrs.Open(c)
	if err != nil {
		return nil, nil, err
	}
	if err := secrets.save(s.Credentials()); err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, secrets.certs, nil
}

func fill(ctx context.Context, s *vrs.Server, o options, out io.Writer) error {
	if o.generate+o.crowd == 0 {
		return nil
	}
	start := time.Now()
	if err := s.Fill(ctx, o.generate, o.seed); err != nil {
		return err
	}
	if err := s.FillCrowd(ctx, o.crowd, o.seed); err != nil {
		return err
	}
	took := time.Since(start)
	_, err := fmt.Fprintf(out, "%d residents more in %.1f s (%.0f a second)\n", o.generate+o.crowd, took.Seconds(), float64(o.generate+o.crowd)/took.Seconds())
	return err
}

func serve(ctx context.Context, s *vrs.Server, certs *vrs.Certificates, o options, out io.Writer) error {
	gateway, err := s.StartWith(o.listen, certs)
	if err != nil {
		return err
	}
	defer gateway.Close()
	if o.admin != "" {
		l, err := net.Listen("tcp", o.admin)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		board := &http.Server{Handler: s.Admin(), ReadHeaderTimeout: 5 * time.Second}
		go func() { _ = board.Serve(l) }() // ends with Close
		defer board.Close()
		fmt.Fprintf(out, "faults   http://%s/faults\n", l.Addr())
	}
	fmt.Fprintf(out, "gateway  %s\nsecrets  %s\n", gateway.URL, o.certs)
	<-ctx.Done()
	return nil
}
