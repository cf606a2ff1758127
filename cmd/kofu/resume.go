// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"kofu/cert"
	"kofu/cert/issuance"
)

// byHeader says, in a request of an operator, whose it is.
const byHeader = "Kofu-By"

// byForm is what stands there, and so in the log.
var byForm = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)

// operatorToken is what an operator shows: of the secret, and not the secret.
func operatorToken(secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("kofu-operators-v1"))
	return hex.EncodeToString(mac.Sum(nil))
}

// resumer opens doors again that were stopped.
type resumer struct {
	token  string
	doors  []cert.Channel // that are served
	resume func(cert.Channel) bool
	log    *slog.Logger
}

// ServeHTTP answers POST /doors/{door}/resume. A page that a browser shows
// cannot ask for it: browsers say where a request comes from, and none of them
// is let in; nor has one the token.
func (s *resumer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	door, by := cert.Channel(r.PathValue("door")), r.Header.Get(byHeader)
	shown := []byte(r.Header.Get("Authorization"))
	switch {
	case r.Header.Get("Origin") != "", r.Header.Get("Sec-Fetch-Site") != "",
		subtle.ConstantTimeCompare(shown, []byte("Bearer "+s.token)) != 1:
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "somebody without the token would have a door resumed")
		tell(w, http.StatusUnauthorized, map[string]string{"code": "refused"})
	case !byForm.MatchString(by):
		tell(w, http.StatusBadRequest, map[string]string{"code": "by_whom"})
	case !s.serves(door):
		tell(w, http.StatusNotFound, map[string]string{"code": "no_such_door"})
	case !s.resume(door):
		tell(w, http.StatusConflict, map[string]string{"code": "not_stopped"})
	default:
		s.log.LogAttrs(r.Context(), slog.LevelError, "a door that was stopped after a mismatch is open again", slog.String("door", string(door)), slog.String("by", by))
		tell(w, http.StatusOK, map[string]string{"code": "resumed"})
	}
}

// resumer is nil where no secret of operators is set.
func (p *parts) resumer(issuing *issuance.Service, log *slog.Logger) http.Handler {
	if p.operators == nil {
		return nil
	}
	return &resumer{token: operatorToken(p.operators), doors: p.served(), resume: issuing.Resume, log: log}
}

func (s *resumer) serves(door cert.Channel) bool {
	return slices.Contains(s.doors, door)
}

const resumeUsage = `usage: kofu resume -config FILE -door app | kiosk | counter [-by NAME]

Opens a door of the replica that runs with FILE again, which it stopped itself
after a mismatch. deploy/runbooks/wrong-person.md tells when.
`

// resume asks the replica of a configuration to open a door again.
func resume(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("kofu resume", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() { _, _ = fmt.Fprint(stderr, resumeUsage) }
	path, door, by := f.String("config", "", ""), f.String("door", "", ""), f.String("by", loggedIn(), "")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil || *path == "" || *door == "" || f.NArg() > 0:
		_, _ = fmt.Fprint(stderr, resumeUsage)
		return exitUsage
	}
	ops, secret, faults := loadOperator(*path)
	for _, fault := range faults {
		_, _ = fmt.Fprintln(stderr, fault)
	}
	if len(faults) > 0 {
		return exitConfig
	}
	if err := askToResume(ctx, ops, operatorToken(secret), *door, *by); err != nil {
		_, _ = fmt.Fprintln(stderr, "kofu:", err)
		return exitFailed
	}
	_, _ = fmt.Fprintf(stdout, "the door %s is open again, by %s\n", *door, *by)
	return exitDone
}

// loadOperator reads what an operator needs, and nothing else.
func loadOperator(path string) (ops string, secret []byte, faults []string) {
	src, err := os.ReadFile(path)
	if err != nil {
		return "", nil, []string{"configuration: " + cause(err)}
	}
	c, faults, _ := parseConfig(src)
	if len(faults) > 0 {
		return "", nil, faults
	}
	l := &loader{dir: filepath.Dir(path), env: c.Environment, now: time.Now(), sum: sha256.New()}
	if c.Secrets.Operators == "" {
		l.say("secrets.operators", errors.New("is not set: the server takes no such command"))
	} else {
		secret = l.long("secrets.operators", c.Secrets.Operators)
	}
	return c.Listen.Ops, secret, l.faults
}

func askToResume(ctx context.Context, ops, token, door, by string) error {
	host, port, err := net.SplitHostPort(ops)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	url := "http://" + net.JoinHostPort(host, port) + "/doors/" + door + "/resume"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set(byHeader, by)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	why := map[int]string{
		http.StatusUnauthorized: "the replica has another secret", http.StatusBadRequest: "-by must be 1 to 64 of A-Z a-z 0-9 . _ @ -",
		http.StatusNotFound: "the replica has no such door", http.StatusConflict: "that door is not stopped",
	}
	switch {
	case res.StatusCode == http.StatusOK:
		return nil
	case why[res.StatusCode] != "":
		return errors.New(why[res.StatusCode])
	}
	return fmt.Errorf("the replica answers %d", res.StatusCode)
}
