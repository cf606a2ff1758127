// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"kofu/cert"
)

// Config says how to open a stand-in. The zero Config holds the embedded
// residents in memory.
type Config struct {
	// Dir is the folder of the databases, one for each municipality; "" keeps
	// them in memory. Residents are loaded where there is nobody yet.
	Dir string

	// Keys and Credentials of the municipalities, 32 random bytes and any
	// random text each. Random ones are made where nil; Dir needs Keys.
	Keys        map[cert.MunicipalityCode][]byte
	Credentials map[cert.MunicipalityCode]string

	// Data has residents.csv, lots.csv, overseas.csv and a ledger_<code>.csv
	// for each municipality; the embedded files when nil.
	Data fs.FS

	Latency time.Duration    // added to every answer
	Now     func() time.Time // time.Now when nil
	Log     *slog.Logger     // what was refused; nothing when nil
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	partitions map[cert.MunicipalityCode]*Partition
	byHash     map[[32]byte]*Partition // by SHA-256 of the credential
	secrets    map[cert.MunicipalityCode]string
	faults     *Faults
	latency    time.Duration
	now        func() time.Time
	log        *slog.Logger
	refused    atomic.Int64
}

// ErrCredential is returned for a credential that opens no partition.
var ErrCredential = errors.New("vrs: no partition for this credential")

// Open opens the partitions of all municipalities in the data and loads it
// into those that are empty.
func Open(c Config) (*Server, error) {
	s := &Server{
		partitions: make(map[cert.MunicipalityCode]*Partition),
		byHash:     make(map[[32]byte]*Partition),
		secrets:    make(map[cert.MunicipalityCode]string),
		faults:     newFaults(),
		latency:    c.Latency,
		now:        c.Now,
		log:        cmp.Or(c.Log, slog.New(slog.DiscardHandler)),
	}
	if s.now == nil {
		s.now = time.Now
	}
	all, err := readDataset(c.Data)
	if err != nil {
		return nil, err
	}
	for _, m := range municipalities(all.residents) {
		if err := s.open(c, m); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		if err := s.partitions[m].load(context.Background(), all); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *Server) open(c Config, m cert.MunicipalityCode) error {
	key, given := c.Keys[m]
	if !given {
		if c.Dir != "" {
			return fmt.Errorf("vrs: no key for the database of %s", m)
		}
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails
	}
	p, err := openPartition(c.Dir, m, key, s.now)
	if err != nil {
		return err
	}
	s.partitions[m] = p
	s.secrets[m] = cmp.Or(c.Credentials[m], rand.Text())
	s.byHash[sha256.Sum256([]byte(s.secrets[m]))] = p
	return nil
}

// Credentials returns each municipality's credential.
func (s *Server) Credentials() map[cert.MunicipalityCode]string { return maps.Clone(s.secrets) }

// Partition returns the partition that credential opens, and only that:
// there is no way to one from another, or without a credential. The error is
// [ErrCredential].
func (s *Server) Partition(credential string) (*Partition, error) {
	p := s.byHash[sha256.Sum256([]byte(credential))]
	if p == nil {
		return nil, ErrCredential
	}
	return p, nil
}

// Faults injects failures into calls.
func (s *Server) Faults() *Faults { return s.faults }

// Refused counts the calls refused for a purpose other than 証明書交付 (A5), or
// for another municipality than the credential's (D4).
func (s *Server) Refused() int { return int(s.refused.Load()) }

// Close closes the databases.
func (s *Server) Close() error {
	var errs []error
	for p := range maps.Values(s.partitions) {
		errs = append(errs, p.db.Close())
	}
	return errors.Join(errs...)
}

// codes returns the municipalities in order.
func (s *Server) codes() []cert.MunicipalityCode {
	return slices.Sorted(maps.Keys(s.partitions))
}
