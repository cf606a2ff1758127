// SPDX-License-Identifier: Apache-2.0

package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"kofu/cert"
)

// Check reports whether this Redis answers and may be used. Production also
// refuses one that writes to disk, and one whose replicas are not as many as
// configured: what is lost to a count of zero is the waiting for them.
func (s *Store) Check(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redisstore: ping: %w", err)
	}
	if s.config.Environment != cert.Production {
		return nil
	}
	if err := s.checkPersistence(ctx); err != nil {
		return err
	}
	return s.checkReplicas(ctx)
}

// checkPersistence fails when Redis will not tell, too.
func (s *Store) checkPersistence(ctx context.Context) error {
	for name, off := range map[string]string{"save": "", "appendonly": "no"} {
		got, err := s.client.ConfigGet(ctx, name).Result()
		if err != nil {
			return fmt.Errorf("redisstore: ask for setting %s (grant +config|get): %w", name, err)
		}
		if v, ok := got[name]; !ok || v != off {
			return fmt.Errorf("%w: setting %s must be %q", ErrPersistent, name, off)
		}
	}
	return nil
}

func (s *Store) checkReplicas(ctx context.Context) error {
	info, err := s.client.Info(ctx, "replication").Result()
	if err != nil {
		return fmt.Errorf("redisstore: ask for replicas (grant +info): %w", err)
	}
	connected, role := -1, ""
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "role":
			role = value
		case "connected_slaves":
			if connected, err = strconv.Atoi(value); err != nil {
				connected = -1
			}
		}
	}
	switch {
	case role != "master":
		return fmt.Errorf("%w: this one is a replica itself", ErrReplicas)
	case connected > 0 && s.config.Replicas == 0:
		return fmt.Errorf("%w: none is configured, there are %d", ErrReplicas, connected)
	case connected < 1 && s.config.Replicas > 0:
		return fmt.Errorf("%w: %d configured, none is there", ErrReplicas, s.config.Replicas)
	}
	return nil
}
