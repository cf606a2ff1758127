// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kofu/cert"
)

// fileCalls are the system calls that make, change or move a file.
const fileCalls = "open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,mkdir,mkdirat,mknod,mknodat,truncate,ftruncate,memfd_create"

// writesForm is a traced call that would change something: anything but an
// open for reading.
var writesForm = regexp.MustCompile(`^(\d+ +)?(open\w*\(.*(O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE)|(creat|rename\w*|unlink\w*|link\w*|symlink\w*|mkdir\w*|mknod\w*|truncate|ftruncate|memfd_create)\()`)

// One certificate through each door, with the running program's system calls
// watched: not one file is opened for writing, made, moved or taken away. The
// stores are processes of their own.
//
// Rows: R1.1, C1
func TestNoFileOnTheWay(t *testing.T) {
	if testing.Short() {
		t.Skip("many programs are started")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("KOFU_REQUIRE") == "1" {
			t.Fatal("install strace")
		}
		t.Skip("install strace")
	}
	ctx := t.Context()
	// Of the first persons of this seed each door has some.
	s := open(t, ctx, "", Config{Asked: 30, Seed: 3, Replicas: 1, Kiosks: 0.3, Counters: 0.2, Papers: 1, Slow: time.Millisecond, Phones: 2, Terminals: 2, Clerks: 1, Tries: 2})
	r := s.replicas[0]
	said := filepath.Join(t.TempDir(), "calls")
	pid := strconv.Itoa(r.running.cmd.Process.Pid)
	watch, err := launch("strace", nil, nil, strace, "-f", "-qq", "-s", "200", "-e", "trace="+fileCalls, "-o", said, "-p", pid)
	if err != nil {
		t.Fatal(err)
	}
	// It sees what goes on: reading a file that is not there is a call, too.
	if err := until(ctx, 20*time.Second, "strace does not watch", func() error {
		if watch.ended() {
			return errors.Join(errEnded, errors.New("strace may not watch here (ptrace): "+watch.said.String()))
		}
		return watches(pid)
	}); err != nil {
		t.Fatal(err)
	}
	table := ran(t, ctx, s)
	watch.end(syscall.SIGINT)
	for _, door := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
		if table.IssuedAt(door) == 0 {
			t.Errorf("none at the %s\n%s", door, table)
		}
	}
	if n := table.Mismatches(); n != 0 {
		t.Errorf("%s", table)
	}
	calls, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(calls)), "\n")
	for _, line := range lines {
		if writesForm.MatchString(line) {
			t.Errorf("%s", line)
		}
	}
	t.Logf("%d calls, none of them changes a file\n%s", len(lines), table)
}

// watches reports whether every thread of a process is traced.
func watches(pid string) error {
	tasks, err := filepath.Glob("/proc/" + pid + "/task/*/status")
	if err != nil || len(tasks) == 0 {
		return errors.New("no threads")
	}
	for _, path := range tasks {
		status, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(status), "TracerPid:\t0\n") {
			return errors.New("a thread is not watched yet")
		}
	}
	return nil
}

// The form catches what it should.
func TestWritesForm(t *testing.T) {
	for line, want := range map[string]bool{
		`12 openat(AT_FDCWD, "/etc/localtime", O_RDONLY|O_CLOEXEC) = 5`:                  false,
		`openat(AT_FDCWD, "/proc/self/stat", O_RDONLY) = 5`:                              false,
		`12 openat(AT_FDCWD, "/tmp/x", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600) = 7`:     true,
		`12 openat(AT_FDCWD, "/tmp", O_RDWR|O_TMPFILE, 0600) = 7`:                        true,
		`12 renameat2(AT_FDCWD, "a", AT_FDCWD, "b", 0) = 0`:                              true,
		`12 unlinkat(AT_FDCWD, "/tmp/x", 0) = -1 ENOENT (No such file or directory)`:     true,
		`12 memfd_create("paper", 0) = 9`:                                                true,
		`12 creat("/tmp/x", 0600) = 9`:                                                   true,
		`12 --- SIGURG {si_signo=SIGURG, si_code=SI_TKILL, si_pid=1, si_uid=0} ---`:      false,
		`12 openat(AT_FDCWD, "/sys/kernel/mm/transparent_hugepage", O_RDONLY) = 3`:       false,
		`12 openat(AT_FDCWD, "/a", O_RDONLY|O_APPEND) = 3`:                               true,
		`12 openat2(AT_FDCWD, "/a", {flags=O_RDWR, resolve=RESOLVE_BENEATH}, 24) = 3`:    true,
		`12 openat2(AT_FDCWD, "/a", {flags=O_RDONLY, resolve=RESOLVE_BENEATH}, 24) = -1`: false,
	} {
		if got := writesForm.MatchString(line); got != want {
			t.Errorf("%s: %t", line, got)
		}
	}
}
