// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sony/gobreaker/v2"

	"kofu/cert"
)

// An attempt is one request: its body, wiped when sent, and what must be true
// of the answer to it. Each attempt has a request id and nonce of its own, so
// that a late answer to the first cannot pass for one to the second.
type attempt[T any] struct {
	body []byte
	read func(answer []byte) (T, error) // the error is a *failure or cert.ErrRecordChanged
}

// exchange makes call until it is answered, fails for good or runs out of
// time. An error is a *failure or [cert.ErrRecordChanged].
func exchange[T any](ctx context.Context, c *Client, call string, m cert.MunicipalityCode, prepare func() (attempt[T], error)) (T, error) {
	start := time.Now()
	limit := c.timeout
	if call == "blocks" {
		limit = c.listTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = firstPause, maxPause
	v, err := backoff.Retry(ctx, func() (T, error) {
		v, err := once(ctx, c, call, m, prepare)
		if err != nil && !again(Cause(err)) {
			err = backoff.Permanent(err)
		}
		return v, err
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(c.attempts), backoff.WithMaxElapsedTime(0))
	if err != nil {
		var zero T
		v, err = zero, settle(call, err)
	}
	c.observe(call, Cause(err), time.Since(start))
	return v, err
}

// settle brings whatever the layers between have made of an error back to
// what this package promises.
func settle(call string, err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	switch {
	case errors.Is(err, cert.ErrRecordChanged):
		return cert.ErrRecordChanged
	case errors.Is(err, context.Canceled):
		return &failure{call, CauseCancelled}
	}
	return &failure{call, CauseTimeout}
}

// once makes one attempt, if the circuit breaker lets it.
func once[T any](ctx context.Context, c *Client, call string, m cert.MunicipalityCode, prepare func() (attempt[T], error)) (v T, err error) {
	_, err = c.breaker.Execute(func() (struct{}, error) {
		leave, cause := c.bulkhead.enter(ctx, call, m)
		if cause != "" {
			return struct{}{}, &failure{call, cause}
		}
		a, err := prepare() // now, so that no number waits in a body
		if err != nil {
			leave(false)
			return struct{}{}, err
		}
		answer, cause := c.post(ctx, call, m, a.body)
		leave(cause == "")
		defer clear(answer)
		if cause != "" {
			return struct{}{}, &failure{call, cause}
		}
		v, err = a.read(answer)
		return struct{}{}, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = &failure{call, CauseBreakerOpen}
	}
	return v, err
}

// post sends body and returns the bytes of a 200 answer in JSON, or the cause
// why there is none.
func (c *Client) post(ctx context.Context, call string, m cert.MunicipalityCode, data []byte) (answer []byte, cause string) {
	send := &body{data: data}
	defer send.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/v1/"+call, send)
	if err != nil {
		return nil, CauseBadRequest
	}
	req.ContentLength = int64(len(data))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.credentials[m])
	res, err := c.http.Do(req)
	if err != nil {
		return nil, interrupted(ctx, CauseConnection)
	}
	defer res.Body.Close()
	if cause := refusal(res); cause != "" {
		return nil, cause
	}
	answer, err = readAll(res.Body, res.ContentLength, maxAnswer)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, CauseTooLarge
	case err != nil || ctx.Err() != nil: // an answer that is late is none, even if whole
		clear(answer)
		return nil, interrupted(ctx, CauseTruncated)
	case !intact(res.Header, answer):
		clear(answer)
		return nil, CauseDigest
	}
	return answer, ""
}

// interrupted tells our own end of a call from the other side's.
func interrupted(ctx context.Context, otherwise string) string {
	switch ctx.Err() {
	case nil:
		return otherwise
	case context.Canceled:
		return CauseCancelled
	}
	return CauseTimeout
}

func refusal(res *http.Response) string {
	switch code := res.StatusCode; {
	case code >= 500, code == http.StatusTooManyRequests:
		return CauseServerError
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return CauseUnauthorized
	case code != http.StatusOK:
		return CauseRefused
	}
	kind, params, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	charset, has := params["charset"]
	if err != nil || kind != "application/json" || has && !strings.EqualFold(charset, "utf-8") {
		return CauseContentType
	}
	return ""
}
