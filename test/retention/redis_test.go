// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a real one that the server reaches through a wire that is
// listened in on, and that MONITOR tells of all it is asked.
type redisServer struct {
	t       *testing.T
	dir     string
	address string
	proxy   string
	wire    lines // both directions
	monitor lines
	client  *redis.Client
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	r := &redisServer{t: t, dir: t.TempDir(), address: free(t)}
	_, port, _ := net.SplitHostPort(r.address)
	c := exec.Command(theirs(t, "redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--rdbcompression", "no", "--dir", r.dir)
	c.Dir = r.dir
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	r.client = redis.NewClient(&redis.Options{Addr: r.address})
	t.Cleanup(func() { _ = r.client.Close() })
	for range 200 {
		if r.client.Ping(t.Context()).Err() == nil {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	watch := must(net.Dial("tcp", r.address))(t)
	t.Cleanup(func() { _ = watch.Close() })
	_, _ = io.WriteString(watch, "MONITOR\r\n")
	go func() { _, _ = io.Copy(&r.monitor, watch) }()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { _ = l.Close() })
	r.proxy = l.Addr().String()
	go r.carry(l)
	return r
}

// carry copies what passes, both ways, and keeps it.
func (r *redisServer) carry(l net.Listener) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", r.address)
		if err != nil {
			_ = near.Close()
			continue
		}
		pass := func(to, from net.Conn) {
			_, _ = io.Copy(io.MultiWriter(to, &r.wire), from)
			_, _ = to.Close(), from.Close()
		}
		go pass(far, near)
		go pass(near, far)
	}
}

// dump is every key with its value as Redis serialises it, and the file that
// SAVE writes.
func (r *redisServer) dump() (out []byte, keys int) {
	r.t.Helper()
	ctx := r.t.Context()
	scan := r.client.Scan(ctx, 0, "*", 100).Iterator()
	for scan.Next(ctx) {
		key := scan.Val()
		value, err := r.client.Dump(ctx, key).Result()
		if err != nil {
			continue // expired meanwhile
		}
		left, err := r.client.PTTL(ctx, key).Result()
		if err == nil && left < 0 && left != -2 {
			r.t.Errorf("Redis keeps %s for ever", key)
		}
		keys++
		out = fmt.Appendf(out, "%s\n%s\n", key, value)
	}
	if err := r.client.Save(ctx).Err(); err != nil {
		r.t.Fatal(err)
	}
	return append(out, must(os.ReadFile(filepath.Join(r.dir, "dump.rdb")))(r.t)...), keys
}

func connect(address string) (net.Conn, error) { return net.Dial("tcp", address) }
