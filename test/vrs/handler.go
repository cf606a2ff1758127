// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/cert"
)

// Limits of a request's body, in bytes.
const (
	maxRequest = 16 << 10
	maxList    = 16 << 20 // of blocks
)

// Handler serves the gateway's contract. It answers only over TLS with a
// client certificate that the listener has verified.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/find", call(s, "find", func(r *http.Request, p *Partition, q *findRequest) (int, any) {
		return result(p.find(r.Context(), q))
	}))
	mux.HandleFunc("POST /v1/search", call(s, "search", func(r *http.Request, p *Partition, q *searchRequest) (int, any) {
		return result(p.search(r.Context(), q))
	}))
	mux.HandleFunc("POST /v1/open", call(s, "open", func(r *http.Request, p *Partition, q *openRequest) (int, any) {
		return result(p.file(r.Context(), q))
	}))
	mux.HandleFunc("POST /v1/invalidate", call(s, "invalidate", func(r *http.Request, p *Partition, q *invalidateRequest) (int, any) {
		return result(p.invalidate(r.Context(), q))
	}))
	mux.HandleFunc("POST /v1/blocks", call(s, "blocks", func(r *http.Request, p *Partition, q *blocksRequest) (int, any) {
		return result(p.setBlocks(r.Context(), q))
	}))
	mux.HandleFunc("POST /v1/reserve", call(s, "reserve", func(r *http.Request, p *Partition, q *reserveRequest) (int, any) {
		return result(p.reserve(r.Context(), q))
	}))
	mux.HandleFunc("POST /v1/confirm", call(s, "confirm", func(r *http.Request, p *Partition, q *confirmRequest) (int, any) {
		return result(p.confirm(r.Context(), q))
	}))
	mux.HandleFunc("POST /v1/void", call(s, "void", func(r *http.Request, p *Partition, q *voidRequest) (int, any) {
		return result(p.void(r.Context(), q))
	}))
	return mux
}

// errConflict is a request that contradicts an earlier one of its issuance.
var errConflict = errors.New("vrs: contradicts an earlier call")

func result[T any](answer *T, err error) (int, any) {
	switch {
	case err == nil:
		return http.StatusOK, answer
	case errors.Is(err, errConflict):
		return http.StatusConflict, nil
	}
	return http.StatusInternalServerError, nil
}

// call does what all calls have in common: who asks, what is asked, is
// it the asker's partition; then the answer, with any fault that is set.
func call[T any, P interface {
	*T
	request
}](s *Server, name string, answer func(*http.Request, *Partition, P) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.faults.count(name)
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		p, err := s.Partition(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if err != nil {
			s.refuse(r.Context(), "", "credential")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		q := P(new(T))
		if status := s.receive(w, r, p, q); status != 0 {
			w.WriteHeader(status)
			return
		}
		pause(r.Context(), s.latency)
		fault := s.faults.take(name)
		status, v := answer(r, p, q)
		s.send(w, r, p, fault, status, v)
	}
}

// receive reads a request into q, or returns the status that refuses it.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, p *Partition, q request) int {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType
	}
	limit := int64(maxRequest)
	if _, list := q.(*blocksRequest); list {
		limit = maxList
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return http.StatusRequestEntityTooLarge
	}
	defer clear(data)
	if !decode(data, q) {
		return http.StatusBadRequest
	}
	if _, m := q.about(); m != string(p.code) {
		s.refuse(r.Context(), p.code, "municipality")
		return http.StatusForbidden
	}
	if look, ok := q.(interface{ scene() string }); ok && cert.Purpose(look.scene()) != cert.PurposeCertificate {
		s.refuse(r.Context(), p.code, "purpose")
		return http.StatusForbidden
	}
	return 0
}

// refuse logs and counts what somebody had no right to ask (A5, D4).
func (s *Server) refuse(ctx context.Context, m cert.MunicipalityCode, why string) {
	s.refused.Add(1)
	s.log.WarnContext(ctx, "refused", "municipality", string(m), "code", why)
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, p *Partition, f *Fault, status int, v any) {
	if f != nil && status == http.StatusOK {
		s.faults.edit(r.Context(), p, f, v)
	}
	var data []byte
	if v != nil {
		data, _ = json.Marshal(v) // wire structs of strings and numbers always encode
	}
	if f != nil {
		s.faults.send(w, r, f, data)
		return
	}
	if v == nil {
		w.WriteHeader(status)
		return
	}
	write(w, status, data)
}

func write(w http.ResponseWriter, status int, data []byte) { writeAs(w, status, data, data) }

// writeAs writes sent in the place of data, whose digest it tells (RFC 9530).
func writeAs(w http.ResponseWriter, status int, data, sent []byte) {
	sum := sha256.Sum256(data)
	w.Header().Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(sent)
}

// pause waits, unless the caller goes away.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
