// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"kofu/api/counter/staff"
	"kofu/cert"
	"kofu/kiosk"
)

// Reasons not to work with a Redis. The last two may pass by themselves; the
// others stay until somebody mends them.
var (
	ErrConfig      = errors.New("redisstore: configuration not accepted")
	ErrPersistent  = errors.New("redisstore: this Redis writes to disk") // RDB snapshots or the append-only file, of a replica too
	ErrUnawaited   = errors.New("redisstore: this Redis has replicas, and none is configured")
	ErrDenied      = errors.New("redisstore: this Redis does not let the user do what it must")
	ErrReplicas    = errors.New("redisstore: replicas are not as configured")
	errNotRepeated = errors.New("not every replica has it")
)

// Config says which Redis, and how to speak with it.
type Config struct {
	Address     string           // host:port, or the path of a Unix socket; not with Sentinels
	Sentinels   []string         // host:port of each Sentinel; then Master is needed
	Master      string           // the name the Sentinels know the Redis by
	Username    string           // ACL user; needed in production
	Password    string           // of the ACL user; needed in production
	TLS         *tls.Config      // of the Redis and the Sentinels; nil: not encrypted, which production refuses
	Environment cert.Environment // production asks more
	Timeout     time.Duration    // of a command, and of waiting for the replicas; 0: one second

	// SentinelUsername and SentinelPassword are what the Sentinels themselves
	// ask for: they have users of their own. Empty where they ask for nothing.
	SentinelUsername string
	SentinelPassword string

	// Replicas is how many replicas there are. What matters waits for as many,
	// so that whichever takes over has it. More than that are let through, so
	// that one can be added before it is counted on.
	Replicas int
}

func (c Config) check() error {
	switch {
	case c.Environment != cert.Production && c.Environment != cert.Test:
		return fmt.Errorf("%w: no environment", ErrConfig)
	case (c.Address == "") == (len(c.Sentinels) == 0):
		return fmt.Errorf("%w: want an address or Sentinels", ErrConfig)
	case len(c.Sentinels) > 0 && c.Master == "":
		return fmt.Errorf("%w: Sentinels without the master's name", ErrConfig)
	case len(c.Sentinels) == 0 && c.Master+c.SentinelUsername+c.SentinelPassword != "":
		return fmt.Errorf("%w: what is for Sentinels, and there are none", ErrConfig)
	case c.Replicas < 0, c.Timeout < 0:
		return fmt.Errorf("%w: a number below zero", ErrConfig)
	case c.Environment == cert.Test:
		return nil
	case c.TLS == nil:
		return fmt.Errorf("%w: production wants TLS", ErrConfig)
	case c.Username == "" || c.Username == "default" || c.Password == "":
		return fmt.Errorf("%w: production wants an ACL user of its own, with a password", ErrConfig)
	}
	return nil
}

// Store is one Redis. It is safe for concurrent use.
type Store struct {
	config Config
	client *redis.Client
}

// Open checks the configuration. It does not connect: [Store.Check] does.
func Open(c Config) (*Store, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = time.Second
	}
	// The library writes to standard error by itself, past the server's log and
	// its rules. What it would say comes back as errors, too.
	redis.SetLogger(&logging.VoidLogger{})
	return &Store{config: c, client: connect(c)}, nil
}

// connect turns the answers of old servers and forks to greetings of newer
// clients into silence (no CLIENT SETINFO, no maintenance notices), and
// never repeats a command: a challenge taken twice would look like a replay.
func connect(c Config) *redis.Client {
	if len(c.Sentinels) > 0 {
		return redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: c.Master, SentinelAddrs: c.Sentinels, SentinelUsername: c.SentinelUsername, SentinelPassword: c.SentinelPassword,
			Username: c.Username, Password: c.Password, TLSConfig: c.TLS,
			DialTimeout: c.Timeout, ReadTimeout: c.Timeout, WriteTimeout: c.Timeout, ContextTimeoutEnabled: true,
			MaxRetries: -1, DisableIdentity: true, // maintenance notices are off with Sentinels by themselves
		})
	}
	return direct(c, c.Address)
}

// direct speaks with the one Redis at addr.
func direct(c Config, addr string) *redis.Client {
	network := "tcp"
	if addr[0] == '/' {
		network = "unix"
	}
	return redis.NewClient(&redis.Options{
		Network: network, Addr: addr, Username: c.Username, Password: c.Password, TLSConfig: c.TLS,
		DialTimeout: c.Timeout, ReadTimeout: c.Timeout, WriteTimeout: c.Timeout, ContextTimeoutEnabled: true,
		MaxRetries: -1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// Close ends all connections.
func (s *Store) Close() error { return s.client.Close() }

// Challenges returns the part that keeps challenges.
func (s *Store) Challenges() *Challenges { return &Challenges{s} }

// SealKeys returns the part that keeps the keys of what is sealed.
func (s *Store) SealKeys() *SealKeys { return &SealKeys{s} }

// Sessions returns the part that keeps the state of sessions at kiosks.
func (s *Store) Sessions() *Sessions {
	return &Sessions{s, sessionPrefix, kiosk.ErrNoSession, kiosk.ErrConflict}
}

// Desks returns the part that keeps the state of sessions at the counter. ids
// are hashes of the tokens: this Redis does not know a token.
func (s *Store) Desks() *Sessions {
	return &Sessions{s, deskPrefix, staff.ErrNoSession, staff.ErrConflict}
}

// Gate returns the part that counts who is inside, and who waits.
func (s *Store) Gate() *Gate { return &Gate{s} }

// settle sends one command whose effect, or answer, must outlive a failover,
// and waits on the same connection until every replica has it. The command's
// own reply, "no such key" included, is read from the command afterwards.
//
// WAIT is promised to wait for what its own connection has written, and for no
// more (some releases of Redis do): a deletion repeated, because the first
// time a replica had it not, writes nothing and would look done. So something
// is written always, behind all that this Redis has written before.
func (s *Store) settle(ctx context.Context, send func(redis.Pipeliner)) error {
	pipe := s.client.Pipeline()
	send(pipe)
	var wait *redis.Cmd
	if s.config.Replicas > 0 {
		pipe.Set(ctx, fenceKey, "", time.Second)
		// Half the time-out: the answer must come before the connection's own.
		// Never 0, which Redis takes for ever.
		wait = pipe.Do(ctx, "wait", s.config.Replicas, max(1, (s.config.Timeout/2).Milliseconds()))
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	if wait == nil {
		return nil
	}
	switch n, err := wait.Int(); {
	case err != nil:
		return err
	case n < s.config.Replicas:
		return errNotRepeated
	}
	return nil
}
