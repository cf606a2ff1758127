// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
)

// ErrDeprecation is wrapped by what [Handler.Check] says of a [Deprecation]
// that cannot be.
var ErrDeprecation = errors.New("app: deprecation")

// Deprecation announces the end of the paths under /app/v1, in the header of
// every answer of theirs, so that an app's makers learn of it from their own
// app. It closes nothing. The zero value announces nothing; otherwise all
// three are needed.
type Deprecation struct {
	Since  time.Time // from when on they are deprecated, which may lie ahead (RFC 9745, 2.1)
	Sunset time.Time // from when on they may be gone (RFC 8594), twelve months after Since at the earliest
	Link   string    // https: what to do instead (RFC 9745, 3.1)
}

// Check says what cannot be announced. What it returns wraps [ErrDeprecation].
func (d Deprecation) Check() error {
	link, err := url.Parse(d.Link)
	switch {
	case d == Deprecation{}:
		return nil
	case d.Since.IsZero() || d.Since.Unix() < 0:
		return fmt.Errorf("%w: it does not say since when", ErrDeprecation)
	case d.Sunset.Before(d.Since.AddDate(1, 0, 0)):
		return fmt.Errorf("%w: the end is not twelve months after", ErrDeprecation)
	case err != nil || link.Scheme != "https" || link.Host == "" || strings.ContainsAny(d.Link, "<>\"\\ "):
		return fmt.Errorf("%w: the link is not an https address", ErrDeprecation)
	}
	return nil
}

// announced wraps a call, which may answer whatever it does.
func (d Deprecation) announced(next problem.HandlerFunc) problem.HandlerFunc {
	if d == (Deprecation{}) {
		return next
	}
	deprecation, sunset := "@"+strconv.FormatInt(d.Since.Unix(), 10), d.Sunset.UTC().Format(http.TimeFormat)
	return func(c *gin.Context) error {
		c.Header("Deprecation", deprecation)
		c.Header("Sunset", sunset)
		c.Header("Link", "<"+d.Link+`>; rel="deprecation"`)
		return next(c)
	}
}
