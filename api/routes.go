// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"kofu/api/problem"
)

// routes mounts every route there is. openapi.yaml lists the same ones.
//
//	POST /app/v1/challenges
//	POST /app/v1/devices
//	POST /app/v1/applications
//	POST /app/v1/applications/discard
//	POST /app/v1/certificates
//	GET  /app/v1/municipalities
//	GET  /app/v1/status
//	GET  /issuer/.well-known/jwks.json      HEAD too, and OPTIONS for CORS
//	GET  /issuer/.well-known/crl/:list      likewise; :list is {kid}.json
//	GET  /trust/csca.pem                    likewise
//	GET  /trust/bsc.pem                     likewise
//	GET  /trust/bundle.json                 likewise
//	GET  /trust/revoked-uvci.json           likewise
//	GET  /openapi.yaml                      HEAD too
func routes(r *problem.Router, c Config) {
	c.App.Mount(r)
	c.Public.Mount(r)
	contractFile := c.Public.File("application/yaml", contract)
	r.Handle(http.MethodGet, "/openapi.yaml", contractFile)
	r.Handle(http.MethodHead, "/openapi.yaml", contractFile)
}
