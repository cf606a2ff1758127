// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// maxAnswer is more than any answer takes, in bytes.
const maxAnswer = 4 << 20

// ErrOffline says that no replica has answered for so long that the terminal
// did what the last answer's offline screen says.
var ErrOffline = errors.New("terminal: the centre does not answer")

// Problem is a refusal below the level of screens (RFC 9457).
type Problem struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Title   string `json:"title"`
	TitleEn string `json:"title_en"`
	// Details has "fields" with unknown_field, JSON pointers (RFC 6901) to what
	// is not known, and "supported" with protocol_unsupported.
	Details    map[string][]string `json:"details"`
	RetryAfter time.Duration       `json:"-"`
}

// Error implements the error interface.
func (p *Problem) Error() string {
	return fmt.Sprintf("terminal: refused: %d %s", p.Status, p.Code)
}

// CodeOf returns the code of a refusal: "" for no error, and for one that is
// no [Problem].
func CodeOf(err error) string {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Code
	}
	return ""
}

// Response is an answer, unread.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Problem reads the answer as a problem document; the error says why it is
// none.
func (r *Response) Problem() (*Problem, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/problem+json" {
		return nil, fmt.Errorf("terminal: status %d without a problem document", r.Status)
	}
	p := new(Problem)
	if err := json.Unmarshal(r.Body, p); err != nil || p.Code == "" || p.Title == "" || p.Status != r.Status {
		return nil, fmt.Errorf("terminal: problem document of status %d is not whole", r.Status)
	}
	if s, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && s > 0 {
		p.RetryAfter = time.Duration(s) * time.Second
	}
	return p, nil
}

// passing lists the refusals that are over after a while: nothing has happened
// yet, or is happening now.
func passing() []string { return []string{"in_progress", "unavailable", "too_many"} }

// Post makes one request as this terminal, and none again, for tests of what
// must be refused. path begins with a slash.
func (t *Terminal) Post(ctx context.Context, path, contentType string, body []byte) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, t.Attempt)
	defer cancel()
	url := t.URLs[t.replica%len(t.URLs)] + path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("terminal: make a request: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	if t.ID != "" {
		req.Header.Set("Kofu-Terminal", t.ID)
	}
	res, err := t.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("terminal: send: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("terminal: read the answer: %w", err)
	}
	return &Response{res.StatusCode, res.Header, answer}, nil
}

// deliver sends body, the very same bytes, until one replica has answered, or
// until [Config].Patience is over: then it is ErrOffline.
func (t *Terminal) deliver(ctx context.Context, path string, body []byte) (*Response, error) {
	begun := t.Clock.Now()
	var refused error
	for {
		res, err := t.Post(ctx, path, "application/json", body)
		wait := time.Second
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil && !slices.Contains([]int{502, 503, 504, 429, 409}, res.Status):
			return res, nil
		case err == nil:
			p, bad := res.Problem()
			if bad == nil && !slices.Contains(passing(), p.Code) {
				return res, nil
			}
			if refused = bad; bad == nil {
				wait, refused = max(wait, p.RetryAfter), p
			}
		}
		t.replica++
		clock := t.Clock
		if CodeOf(refused) == "too_many" { // counted by the clock of the centre
			clock, begun = WallClock{}, t.Clock.Now()
		}
		if t.Clock.Now().Sub(begun) >= t.Patience {
			return nil, errors.Join(ErrOffline, refused)
		}
		if err := clock.Sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// outcome reads what came: an answer of the status wanted, a *Problem, or what
// is wrong with it.
func (t *Terminal) outcome(res *Response, want int) (*Answer, error) {
	fail := func(r Rule, why string) error { return &Violation{r, t.judge.screen, t.judge.number, why} }
	if res.Header.Get("Cache-Control") != "no-store" { // C1
		return nil, fail(RuleTransport, "does not say no-store")
	}
	if res.Status != want {
		p, err := res.Problem()
		if err != nil {
			return nil, fail(RuleTransport, fmt.Sprintf("status %d without a problem document", res.Status))
		}
		return nil, p
	}
	if m, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || m != "application/json" {
		return nil, fail(RuleTransport, "is not application/json")
	}
	a, why := decodeAnswer(res.Body)
	if a == nil {
		return nil, fail(RuleForm, why)
	}
	return a, nil
}
