// SPDX-License-Identifier: Apache-2.0

// Package api is what kofu says over HTTP to phones and to the public. Every
// route is in routes.go, every error a caller can see in errors.go, and the
// contract, which tests hold against both, in openapi.yaml.
package api

import (
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/app"
	"kofu/api/problem"
	"kofu/api/public"
)

// Contract is the OpenAPI document.
//
//go:embed openapi.yaml
var contract []byte

// Contract returns the OpenAPI 3.1 document of this package.
func Contract() []byte { return contract }

// Config is what the API is made of. Every field but TrustedProxies is needed.
type Config struct {
	App            *app.Handler
	Public         *public.Handler
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; none by default
	Timeout        time.Duration  // for one request, the record service included
	Log            *slog.Logger
	Metrics        problem.Metrics
}

// New returns the handler of the public listener.
func New(c Config) (http.Handler, error) {
	if c.App == nil || c.Public == nil || c.Timeout <= 0 || c.Log == nil || c.Metrics == nil {
		return nil, errors.New("api: a part is missing")
	}
	if err := c.App.Check(); err != nil {
		return nil, err
	}
	return engine(c)
}

func engine(c Config) (*gin.Engine, error) {
	e, r := (&problem.Engine{Table: table(), Timeout: c.Timeout, Log: c.Log, Metrics: c.Metrics}).New()
	proxies := make([]string, len(c.TrustedProxies))
	for i, p := range c.TrustedProxies {
		proxies[i] = p.String()
	}
	if err := e.SetTrustedProxies(proxies); err != nil {
		return nil, errors.New("api: trusted proxies are not networks")
	}
	e.RemoteIPHeaders = []string{"X-Forwarded-For"} // gin would fall back on X-Real-IP, which a proxy that does not write it hands through
	routes(r, c)
	return e, nil
}
