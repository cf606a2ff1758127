// SPDX-License-Identifier: Apache-2.0

// Package public serves what anybody may have: the keys with which strangers
// verify certificates, the lists of those that were revoked, and the contract.
// Nothing here is personal, and all of it may be cached and read from any web
// page (CORS).
//
// # Revocation
//
// What is revoked comes from [Revocations] and is asked for at most every ten
// seconds; one answer makes one snapshot, from which the key set, the lists and
// the trust bundle are served. When the store does not answer, the last
// snapshot is served on, however old it is ([Handler.Known] tells). Before
// there was any, these files are refused with [ErrRevocations], the key set
// among them: without "crlVersion" it would say that nobody need ask.
//
// The counter of the lists is one for all keys: Version + 1, since a list that
// was never changed has 1 (SMART Health Cards 1.4.0, "Revocation"). Each
// published key has its list at any time. The key set tells of them from the
// first revocation on: a reader sent to an empty list would only be puzzled,
// as the framework's own validator is.
package public

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
	"kofu/cert/keys"
	"kofu/cert/vdsnc"
)

// Config is what the files are made of. Every field is needed.
type Config struct {
	Keys        *keys.Ring
	Issuer      string // the "iss" of its SMART Health Cards
	Revocations Revocations
	Now         func() time.Time
}

// Handler serves the published keys of a ring and what was revoked.
type Handler struct {
	cscas, signers file
	lists          keeper
}

// New refuses a Config that lacks something. What the ring holds is rendered
// once: it does not change while it serves. The store is not asked yet.
func New(c Config) (*Handler, error) {
	if c.Keys == nil || c.Issuer == "" || c.Revocations == nil || c.Now == nil {
		return nil, errors.New("public: a part is missing")
	}
	var cscas, signers []byte
	for _, cert := range c.Keys.CSCAs() {
		cscas = append(cscas, vdsnc.PEM(cert)...)
	}
	for _, cert := range c.Keys.BarcodeSigners() {
		signers = append(signers, vdsnc.PEM(cert)...)
	}
	return &Handler{
		cscas: newFile(pemFile, keep, cscas), signers: newFile(pemFile, keep, signers),
		lists: keeper{Config: c},
	}, nil
}

// Known returns when the store last told what is revoked; the zero time if it
// never did. What is served is of that moment.
func (h *Handler) Known() time.Time { return h.lists.known() }

// Mount puts the files on r.
func (h *Handler) Mount(r *problem.Router) {
	for path, handle := range map[string]problem.HandlerFunc{
		"/trust/csca.pem":               h.cscas.serve,
		"/trust/bsc.pem":                h.signers.serve,
		"/issuer/.well-known/jwks.json": h.current(func(s *snapshot, _ *gin.Context) (file, bool) { return s.jwks, true }),
		"/trust/bundle.json":            h.current(func(s *snapshot, _ *gin.Context) (file, bool) { return s.bundle, true }),
		"/trust/revoked-uvci.json":      h.current(func(s *snapshot, _ *gin.Context) (file, bool) { return s.uvcis, true }),
		"/issuer/.well-known/crl/:list": h.current(list),
	} {
		r.Handle(http.MethodGet, path, handle)
		r.Handle(http.MethodHead, path, handle)
		r.Handle(http.MethodOptions, path, preflight)
	}
}

// list picks the list that a path names, as in "crl/<kid>.json".
func list(s *snapshot, c *gin.Context) (file, bool) {
	kid, ok := strings.CutSuffix(c.Param("list"), ".json")
	f, known := s.crls[kid]
	return f, ok && known
}

// current serves a file of the present snapshot.
func (h *Handler) current(pick func(*snapshot, *gin.Context) (file, bool)) problem.HandlerFunc {
	return func(c *gin.Context) error {
		c.Header("Access-Control-Allow-Origin", "*") // refusals may be read, too
		s, err := h.lists.current(c.Request.Context())
		if err != nil {
			return err
		}
		f, ok := pick(s, c)
		if !ok {
			return problem.ErrNotFound
		}
		return f.serve(c)
	}
}

// preflight answers a browser that asks before it fetches (CORS).
func preflight(c *gin.Context) error {
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET")
	h.Set("Access-Control-Allow-Headers", "*")
	h.Set("Access-Control-Max-Age", "86400")
	c.Status(http.StatusNoContent)
	return nil
}

// File serves fixed bytes to any origin, cacheable for five minutes.
func (*Handler) File(media string, data []byte) problem.HandlerFunc {
	return newFile(media, keep, bytes.Clone(data)).serve
}

// Media types and how long a copy is good. A reader that has seen a key's
// crlVersion must not be given a copy of an older list: caches ask each time,
// and get 304.
const (
	jsonFile = "application/json"
	pemFile  = "application/x-pem-file"

	keep  = "public, max-age=300"
	brief = "public, max-age=60"
	ask   = "public, no-cache"
)

type file struct {
	media, caching, tag string
	data                []byte
}

func newFile(media, caching string, data []byte) file {
	sum := sha256.Sum256(data)
	return file{media, caching, `"` + hex.EncodeToString(sum[:16]) + `"`, data}
}

// serve answers with the file, or 304 to whoever has it.
func (f file) serve(c *gin.Context) error {
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", f.caching)
	h.Set("ETag", f.tag)
	if c.GetHeader("If-None-Match") == f.tag {
		c.Status(http.StatusNotModified)
		return nil
	}
	c.Data(http.StatusOK, f.media, f.data)
	return nil
}
