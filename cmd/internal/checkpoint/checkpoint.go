// SPDX-License-Identifier: Apache-2.0

package checkpoint

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// What is wrong with keys and checkpoints.
var (
	ErrKey        = errors.New("checkpoint: not a key for checkpoints")
	ErrCheckpoint = errors.New("checkpoint: not a checkpoint")
	ErrSignature  = errors.New("checkpoint: signed by another, altered, or of another origin")
	ErrOrder      = errors.New("checkpoint: out of order")
)

// instant is how times are written: in UTC, to the microsecond.
const instant = "2006-01-02T15:04:05.000000Z"

var (
	originForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)
	instanceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	numberForm   = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})$`)
	hashForm     = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Checkpoint is how the log ended at a moment.
type Checkpoint struct {
	Seq      int       // number of the last row; 0: there is none
	Hash     string    // its hash, 64 hexadecimal digits
	At       time.Time // to the microsecond
	Instance string    // 1 to 64 of A-Z a-z 0-9 . _ -
}

// text is what is signed.
func (c Checkpoint) text(origin string) string {
	return strings.Join([]string{origin, strconv.Itoa(c.Seq), c.Hash, c.At.UTC().Format(instant), c.Instance, ""}, "\n")
}

func (c Checkpoint) sound() bool {
	return c.Seq >= 0 && numberForm.MatchString(strconv.Itoa(c.Seq)) && hashForm.MatchString(c.Hash) && instanceForm.MatchString(c.Instance) &&
		c.At.Year() >= 1 && c.At.Year() <= 9999
}

// parseText is the reverse of text; it takes nothing that text does not write.
func parseText(text string) (origin string, c Checkpoint, ok bool) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[5] != "" || !numberForm.MatchString(lines[1]) {
		return "", c, false
	}
	n, err := strconv.Atoi(lines[1])
	if err != nil {
		return "", c, false
	}
	at, err := time.Parse(instant, lines[3])
	c = Checkpoint{n, lines[2], at, lines[4]}
	return lines[0], c, err == nil && c.sound() && originForm.MatchString(lines[0]) && c.text(lines[0]) == text
}

// InstanceName makes a name for a process of what its host is called.
func InstanceName(host string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("._-", r) || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, host)
	name = strings.TrimLeft(name[:min(len(name), 64)], "._-")
	if name == "" {
		return "kofu"
	}
	return name
}

// NewKey makes a pair of keys for an origin: 1 to 64 of A-Z a-z 0-9 . _ - /.
// Both are texts of one line.
func NewKey(origin string) (private, public string, err error) {
	if !originForm.MatchString(origin) {
		return "", "", fmt.Errorf("%w: its name is 1 to 64 of A-Z a-z 0-9 . _ - /", ErrKey)
	}
	private, public, err = note.GenerateKey(nil, origin)
	if err != nil {
		return "", "", fmt.Errorf("checkpoint: make a key: %w", err)
	}
	return private, public, nil
}

// Signer signs checkpoints of its origin.
type Signer struct{ signer note.Signer }

// ParseSigner reads the private half of a pair.
func ParseSigner(private string) (*Signer, error) {
	s, err := note.NewSigner(strings.TrimSpace(private))
	if err != nil || !originForm.MatchString(s.Name()) {
		return nil, fmt.Errorf("%w: no private one", ErrKey)
	}
	return &Signer{s}, nil
}

// Origin is the name of the key.
func (s *Signer) Origin() string { return s.signer.Name() }

// Sign makes a note of c.
func (s *Signer) Sign(c Checkpoint) (Signed, error) {
	if !c.sound() {
		return Signed{}, fmt.Errorf("%w: something in it is not of its form", ErrCheckpoint)
	}
	c.At = c.At.UTC().Truncate(time.Microsecond)
	signed, err := note.Sign(&note.Note{Text: c.text(s.Origin())}, s.signer)
	if err != nil {
		return Signed{}, fmt.Errorf("checkpoint: sign: %w", err)
	}
	return Signed{c, signed}, nil
}

// Signed is a checkpoint with its note.
type Signed struct {
	Checkpoint
	Note []byte
}

// word is what a line of a file begins with.
const word = "kofu-checkpoint"

// Line is the note in one line, without a line break.
func (s Signed) Line() string {
	text, signature, _ := strings.Cut(string(s.Note), "\n\n— ")
	_, signature, _ = strings.Cut(strings.TrimSuffix(signature, "\n"), " ")
	return word + " " + strings.ReplaceAll(text, "\n", " ") + " " + signature
}

// Verifier opens what the Signer of the same pair signed.
type Verifier struct{ verifier note.Verifier }

// ParseVerifier reads the public half of a pair.
func ParseVerifier(public string) (*Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(public))
	if err != nil || !originForm.MatchString(v.Name()) {
		return nil, fmt.Errorf("%w: no public one", ErrKey)
	}
	return &Verifier{v}, nil
}

// Open reads a note. It is [ErrCheckpoint] when it is none, [ErrSignature]
// when it is not the origin's.
func (v *Verifier) Open(data []byte) (Checkpoint, error) {
	if len(data) > maxNote {
		return Checkpoint{}, ErrCheckpoint
	}
	text, _, _ := strings.Cut(string(data), "\n\n")
	origin, c, ok := parseText(text + "\n")
	if !ok {
		return Checkpoint{}, ErrCheckpoint
	}
	n, err := note.Open(data, note.VerifierList(v.verifier))
	if err != nil || origin != v.verifier.Name() || n.Text != text+"\n" {
		return Checkpoint{}, ErrSignature
	}
	return c, nil
}

// OpenLine reads a line of a file: what [Signed.Line] wrote, behind whatever a
// log server put before it.
func (v *Verifier) OpenLine(line string) (Checkpoint, error) {
	i := strings.LastIndex(line, word+" ")
	if i < 0 {
		return Checkpoint{}, ErrCheckpoint
	}
	parts := strings.Split(strings.TrimRight(line[i:], "\r"), " ")
	if len(parts) != 7 {
		return Checkpoint{}, ErrCheckpoint
	}
	text := strings.Join(parts[1:6], "\n")
	return v.Open([]byte(text + "\n\n— " + parts[1] + " " + parts[6] + "\n"))
}
