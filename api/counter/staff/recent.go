// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// slot is how exactly the hour before is counted: half an hour of the clock and
// the one before it. What happens within half an hour is always counted
// together, and nothing that is an hour old.
const slot = 30 * time.Minute

// note counts once more in this half hour, and returns what was counted in it
// and the one before. What is counted is an entry among the sessions that no
// token leads to, under a name that says nothing: a MAC under a key of the day.
// [Tally] would not tell what it counted before.
func (s *Service) note(ctx context.Context, parts ...string) (int, error) {
	now := s.Now()
	before, _, err := s.counted(ctx, now.Add(-slot), parts)
	if err != nil {
		return 0, err
	}
	for range conflicts {
		n, version, err := s.counted(ctx, now, parts)
		if err != nil {
			return 0, err
		}
		err = s.Sessions.Save(ctx, s.slotName(now, parts), []byte(strconv.Itoa(n+1)), version, 2*slot)
		if err == nil {
			return before + n + 1, nil
		}
		if !errors.Is(err, ErrConflict) {
			return 0, fmt.Errorf("staff: count: %w", err)
		}
	}
	return 0, fmt.Errorf("staff: count: %w", ErrConflict)
}

// noted is what note would return, without counting.
func (s *Service) noted(ctx context.Context, parts ...string) (int, error) {
	now := s.Now()
	before, _, err := s.counted(ctx, now.Add(-slot), parts)
	if err != nil {
		return 0, err
	}
	n, _, err := s.counted(ctx, now, parts)
	return before + n, err
}

// counted reads what was counted in the half hour of an instant.
func (s *Service) counted(ctx context.Context, at time.Time, parts []string) (n, version int, err error) {
	data, version, err := s.Sessions.Load(ctx, s.slotName(at, parts))
	switch {
	case errors.Is(err, ErrNoSession):
		return 0, 0, nil
	case err != nil:
		return 0, 0, fmt.Errorf("staff: count: %w", err)
	}
	if n, err = strconv.Atoi(string(data)); err != nil || n < 0 {
		return 0, 0, errors.New("staff: count: what was counted is no number")
	}
	return n, version, nil
}

func (s *Service) slotName(at time.Time, parts []string) string {
	today := strconv.FormatInt(at.Unix()/int64(day/time.Second), 10)
	half := strconv.FormatInt(at.Unix()/int64(slot/time.Second), 10)
	return hex.EncodeToString(mac(s.key("count", today), append([]string{half}, parts...)...))
}
