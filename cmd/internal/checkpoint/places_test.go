// SPDX-License-Identifier: Apache-2.0

package checkpoint_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kofu/cmd/internal/checkpoint"
)

// write signs and writes checkpoints.
func write(t *testing.T, to interface {
	Write(context.Context, checkpoint.Signed) error
}, s *checkpoint.Signer, list ...checkpoint.Checkpoint) {
	t.Helper()
	for _, c := range list {
		if err := to.Write(t.Context(), sign(t, s, c)); err != nil {
			t.Fatal(err)
		}
	}
}

func story() []checkpoint.Checkpoint {
	return []checkpoint.Checkpoint{
		{Seq: 0, Hash: hash("0"), At: at(0), Instance: "a"}, {Seq: 7, Hash: hash("7"), At: at(1), Instance: "a"},
		{Seq: 8, Hash: hash("8"), At: at(1), Instance: "b"}, {Seq: 7, Hash: hash("7"), At: at(2), Instance: "a"},
		{Seq: 9, Hash: hash("9"), At: at(5), Instance: "b"},
	}
}

// TestWrittenIsRead writes a story to each place, and reads it from there.
//
// Rows: R3.2
func TestWrittenIsRead(t *testing.T) {
	s, v := pair(t, origin)
	dir := t.TempDir()
	file, folder := filepath.Join(dir, "log"), filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, checkpoint.NewFile(file), s, story()...)
	write(t, checkpoint.NewFolder(folder), s, story()...)
	if err := os.WriteFile(filepath.Join(folder, "README"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, folder} {
		h, err := v.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if h.Count != 5 || h.CutOff != 0 || len(h.Hashes) != 4 || h.Hashes[8] != hash("8") || !h.First.Equal(at(0)) || !h.Last.Equal(at(5)) || h.Silence != 3*time.Minute {
			t.Errorf("%s: %+v", path, h)
		}
	}
	if err := checkpoint.NewFolder(folder).Write(t.Context(), sign(t, s, story()[0])); !errors.Is(err, fs.ErrExist) {
		t.Errorf("one was overwritten: %v", err)
	}
	if _, err := v.Read(filepath.Join(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing is read as %v", err)
	}
}

// TestReadFindsDamage damages a file in each way.
//
// Rows: R3.2
func TestReadFindsDamage(t *testing.T) {
	s, v := pair(t, origin)
	dir := t.TempDir()
	lines := make([]string, 0, 5)
	for _, c := range story() {
		lines = append(lines, sign(t, s, c).Line())
	}
	forked := sign(t, s, checkpoint.Checkpoint{Seq: 9, Hash: hash("f"), At: at(6), Instance: "c"}).Line()
	for name, c := range map[string]struct {
		lines []string
		want  error
		place string
	}{
		"altered":   {[]string{lines[0], strings.Replace(lines[1], " 7 ", " 6 ", 1)}, checkpoint.ErrSignature, ":2:"},
		"reordered": {[]string{lines[0], lines[3], lines[1]}, checkpoint.ErrOrder, ":3:"},
		"back":      {[]string{lines[4], lines[2]}, checkpoint.ErrOrder, ":2:"},
		"two pasts": {append(lines[:5:5], forked), checkpoint.ErrOrder, ":6:"},
		"something": {[]string{lines[0], "hello", lines[1]}, checkpoint.ErrCheckpoint, ":2:"},
		"very long": {[]string{strings.Repeat("x", 9000), lines[1]}, checkpoint.ErrCheckpoint, ":1:"},
	} {
		path := filepath.Join(dir, "log")
		if err := os.WriteFile(path, []byte(strings.Join(c.lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Read(path); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.place) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(dir, "20260401T000000.000000Z-a.checkpoint")
	if err := os.WriteFile(path, sign(t, s, story()[0]).Note[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Read(dir); !errors.Is(err, checkpoint.ErrCheckpoint) || !strings.Contains(err.Error(), path) {
		t.Errorf("half a note is read as %v", err)
	}
}

// TestCutOffLineIsMended: a process that ended while it wrote spoils nothing
// for the one after it.
func TestCutOffLineIsMended(t *testing.T) {
	s, v := pair(t, origin)
	path := filepath.Join(t.TempDir(), "log")
	list := story()
	write(t, checkpoint.NewFile(path), s, list[0])
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, sign(t, s, list[1]).Line()[:90]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := v.Read(path); err != nil || h.Count != 1 || h.CutOff != 1 {
		t.Errorf("before it is mended: %+v %v", h, err)
	}
	write(t, checkpoint.NewFile(path), s, list[1])
	if h, err := v.Read(path); err != nil || h.Count != 2 || h.CutOff != 1 {
		t.Errorf("after: %+v %v", h, err)
	}
}

// TestSyslogIsOfItsForm listens as a log server does.
func TestSyslogIsOfItsForm(t *testing.T) {
	s, v := pair(t, origin)
	signed := sign(t, s, story()[1])
	want := "<109>1 2026-04-01T00:01:00.123456Z a kofu - checkpoint - " + signed.Line()
	tcp, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tcp.Close() }()
	udp, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = udp.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for _, address := range []string{"tcp://" + tcp.Addr().String(), "udp://" + udp.LocalAddr().String()} {
		l, err := checkpoint.NewSyslog(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Write(ctx, signed); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := tcp.Accept()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(conn)
	length, message, _ := strings.Cut(string(data), " ")
	if err != nil || length != strconv.Itoa(len(want)) || message != want {
		t.Errorf("over TCP: %q %v", data, err)
	}
	buf := make([]byte, 2000)
	n, _, err := udp.ReadFrom(buf)
	if err != nil || string(buf[:n]) != want {
		t.Errorf("over UDP: %q %v", buf[:n], err)
	}
	if c, err := v.OpenLine(want); err != nil || c != story()[1] {
		t.Errorf("%+v %v", c, err)
	}
	for _, address := range []string{"", "tcp://host", "http://host:514", "udp://host:0", "udp://host:70000", "host:514"} {
		if _, err := checkpoint.NewSyslog(address); err == nil {
			t.Errorf("%q is an address", address)
		}
	}
	nobody, err := checkpoint.NewSyslog("tcp://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := nobody.Write(ctx, signed); err == nil {
		t.Error("sent to nobody")
	}
}
