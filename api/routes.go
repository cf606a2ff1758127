// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"kofu/api/problem"
)

// routes mounts every route there is. openapi.yaml lists the same ones.
//
//	POST /app/v1/challenges
//	POST /app/v1/applications
//	POST /app/v1/applications/discard
//	POST /app/v1/certificates
//	GET  /app/v1/municipalities
//	GET  /app/v1/status
//	GET  /issuer/.well-known/jwks.json      OPTIONS for CORS
//	GET  /trust/csca.pem
//	GET  /trust/bsc.pem
//	GET  /trust/bundle.json
//	GET  /openapi.yaml
func routes(r *problem.Router, c Config) {
	c.App.Mount(r)
	c.Public.Mount(r)
	r.Handle(http.MethodGet, "/openapi.yaml", c.Public.File("application/yaml", contract))
}
