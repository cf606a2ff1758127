// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"kofu/cert"
)

// Check reports whether this Redis answers and may be used. Production also
// refuses one that writes to disk or has a replica that does, and one with
// fewer replicas than configured: what they do not have a failover undoes.
//
// Replicas are asked under the addresses that they announce, as the same user
// and with the same TLS: replica-announce-ip and -port must be what the server
// can reach, and in their certificates.
func (s *Store) Check(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redisstore: ping: %w", denied(err))
	}
	if s.config.Environment != cert.Production {
		return nil
	}
	if err := checkPersistence(ctx, s.client); err != nil {
		return err
	}
	replicas, err := s.checkReplicas(ctx)
	if err != nil {
		return err
	}
	for _, addr := range replicas {
		if err := s.checkReplica(ctx, addr); err != nil {
			return fmt.Errorf("a replica: %w", err)
		}
	}
	return nil
}

// checkPersistence fails when Redis will not tell, too.
func checkPersistence(ctx context.Context, client *redis.Client) error {
	for name, off := range map[string]string{"save": "", "appendonly": "no"} {
		got, err := client.ConfigGet(ctx, name).Result()
		if err != nil {
			return fmt.Errorf("redisstore: ask for setting %s (grant +config|get): %w", name, denied(err))
		}
		if v, ok := got[name]; !ok || v != off {
			return fmt.Errorf("%w: setting %s must be %q", ErrPersistent, name, off)
		}
	}
	return nil
}

func (s *Store) checkReplica(ctx context.Context, addr string) error {
	client := direct(s.config, addr)
	defer func() { _ = client.Close() }()
	return checkPersistence(ctx, client)
}

// checkReplicas returns the addresses of the replicas, when they are enough.
func (s *Store) checkReplicas(ctx context.Context) ([]string, error) {
	text, err := s.client.Info(ctx, "replication").Result()
	if err != nil {
		return nil, fmt.Errorf("redisstore: ask for replicas (grant +info): %w", denied(err))
	}
	switch i := parseReplication(text); {
	case i.role != "master":
		return nil, fmt.Errorf("%w: this one is a replica itself", ErrReplicas)
	case i.connected > 0 && s.config.Replicas == 0:
		return nil, fmt.Errorf("%w: %d", ErrUnawaited, i.connected)
	case i.connected < s.config.Replicas:
		return nil, fmt.Errorf("%w: %d configured, %d there", ErrReplicas, s.config.Replicas, max(0, i.connected))
	default:
		return i.replicas, nil
	}
}

// replication is what INFO replication says.
type replication struct {
	role      string
	connected int      // -1 where it is not said
	replicas  []string // host:port of each
}

func parseReplication(text string) replication {
	i := replication{connected: -1}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		number, isReplica := strings.CutPrefix(name, "slave")
		_, err := strconv.ParseUint(number, 10, 16)
		switch {
		case name == "role":
			i.role = value
		case name == "connected_slaves":
			if n, err := strconv.Atoi(value); err == nil {
				i.connected = n
			}
		case isReplica && err == nil: // slave0:ip=10.0.0.2,port=6380,state=online,offset=14,lag=1
			said := map[string]string{}
			for field := range strings.SplitSeq(value, ",") {
				key, v, _ := strings.Cut(field, "=")
				said[key] = v
			}
			i.replicas = append(i.replicas, net.JoinHostPort(said["ip"], said["port"]))
		}
	}
	return i
}

// denied names a refusal of the user, or of what the user wants, which no
// waiting mends.
func denied(err error) error {
	if redis.IsAuthError(err) || redis.IsPermissionError(err) {
		return fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return err
}
