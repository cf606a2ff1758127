// SPDX-License-Identifier: Apache-2.0

package phone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"
)

// maxAnswer is more than any answer of the contract takes, in bytes.
const maxAnswer = 8 << 20

// Problem is a problem document (RFC 9457), as an error.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	TitleEn   string `json:"title_en"`
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Next      Text   `json:"next"`
	RequestID string `json:"request_id"`

	Details map[string][]string `json:"details"`
}

// Error implements the error interface.
func (p *Problem) Error() string {
	return fmt.Sprintf("phone: refused: %d %s: %s", p.Status, p.Code, p.TitleEn)
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

// Send makes any request at all, for tests of what must be refused.
func (c *Client) Send(ctx context.Context, method, path, contentType string, body []byte) (*Response, error) {
	return c.send(ctx, method, path, contentType, body, "")
}

// send is Send with the municipality that it is about.
func (c *Client) send(ctx context.Context, method, path, contentType string, body []byte, town string) (*Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("phone: make a request: %w", err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.App != "" {
		req.Header.Set("Kofu-App", c.App)
	}
	if town != "" {
		req.Header.Set("Kofu-Municipality", town)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("phone: %s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("phone: read the answer of %s: %w", path, err)
	}
	return &Response{res.StatusCode, res.Header, answer}, nil
}

// Problem reads the answer as a problem document. The error says why it is
// none.
func (r *Response) Problem() (*Problem, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/problem+json" {
		return nil, fmt.Errorf("phone: status %d without a problem document", r.Status)
	}
	p := new(Problem)
	if err := json.Unmarshal(r.Body, p, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("phone: problem document: %w", err)
	}
	if p.Status != r.Status || p.Code == "" || p.Title == "" || p.TitleEn == "" || p.Next.Ja == "" || p.Next.En == "" {
		return nil, fmt.Errorf("phone: problem document of status %d is not whole", r.Status)
	}
	return p, nil
}

func (c *Client) call(ctx context.Context, path string, in any, want int, out any) error {
	return c.callFor(ctx, "", path, in, want, out)
}

func (c *Client) callFor(ctx context.Context, town, path string, in any, want int, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("phone: encode a request: %w", err)
	}
	res, err := c.send(ctx, http.MethodPost, path, "application/json", body, town)
	if err != nil {
		return err
	}
	if res.Header.Get("Cache-Control") != "no-store" { // C1
		return fmt.Errorf("phone: %s does not say no-store", path)
	}
	return res.into(path, want, out)
}

func (c *Client) get(ctx context.Context, path string, out any) error {
	res, err := c.Send(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	return res.into(path, http.StatusOK, out)
}

// into reads an answer of status want into out, or returns the refusal.
func (r *Response) into(path string, want int, out any) error {
	if r.Status != want {
		p, err := r.Problem()
		if err != nil {
			return err
		}
		return p
	}
	if out == nil {
		if len(r.Body) > 0 {
			return fmt.Errorf("phone: %s has a body", path)
		}
		return nil
	}
	if err := json.Unmarshal(r.Body, out, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("phone: answer of %s: %w", path, err)
	}
	return nil
}
