// SPDX-License-Identifier: Apache-2.0

// Package public serves what anybody may have: the keys with which strangers
// verify certificates, and the contract. Nothing here is personal, and all of
// it may be cached and read from any web page (CORS).
package public

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
	"kofu/cert/keys"
	"kofu/cert/vdsnc"
	"kofu/cert/verify"
)

// Handler serves the published keys of a ring.
type Handler struct {
	jwks, cscas, signers, bundle []byte
}

// New renders everything once: the ring does not change while it serves.
// issuer is the "iss" of its SMART Health Cards.
func New(ring *keys.Ring, issuer string) (*Handler, error) {
	h := &Handler{jwks: ring.JWKS()}
	for _, c := range ring.CSCAs() {
		h.cscas = append(h.cscas, vdsnc.PEM(c)...)
	}
	for _, c := range ring.BarcodeSigners() {
		h.signers = append(h.signers, vdsnc.PEM(c)...)
	}
	var err error
	h.bundle, err = verify.NewTrustBundle(ring, issuer).JSON()
	return h, err
}

// Mount puts the files on r.
func (h *Handler) Mount(r *problem.Router) {
	for path, f := range map[string]struct {
		media string
		data  []byte
	}{
		"/issuer/.well-known/jwks.json": {"application/json", h.jwks},
		"/trust/csca.pem":               {"application/x-pem-file", h.cscas},
		"/trust/bsc.pem":                {"application/x-pem-file", h.signers},
		"/trust/bundle.json":            {"application/json", h.bundle},
	} {
		r.Handle(http.MethodGet, path, h.File(f.media, f.data))
		r.Handle(http.MethodHead, path, h.File(f.media, f.data))
		r.Handle(http.MethodOptions, path, preflight)
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
	sum := sha256.Sum256(data)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	data = bytes.Clone(data)
	return func(c *gin.Context) error {
		h := c.Writer.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("ETag", tag)
		if c.GetHeader("If-None-Match") == tag {
			c.Status(http.StatusNotModified)
			return nil
		}
		c.Data(http.StatusOK, media, data)
		return nil
	}
}
