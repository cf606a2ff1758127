// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// An answer that comes after its deadline is counted, also when it has begun
// before; one in time is not.
//
// Rows: R1.2
func TestStopwatch(t *testing.T) {
	const limit = 100 * time.Millisecond
	for name, c := range map[string]struct {
		first, last time.Duration
		status      int
		late        int
	}{
		"in time":            {0, 0, http.StatusOK, 0},
		"begun too late":     {2 * limit, 0, http.StatusOK, 1},
		"ended too late":     {0, 2 * limit, http.StatusOK, 1},
		"a refusal, however": {2 * limit, 0, http.StatusServiceUnavailable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(c.first)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, "begins")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(c.last)
				_, _ = io.WriteString(w, "ends")
			}))
			defer s.Close()
			table := newTable()
			client := &http.Client{Transport: &stopwatch{new(http.Transport), table, limit}}
			defer client.CloseIdleConnections()
			if _, err := fetch(client, s.URL); err != nil {
				t.Fatal(err)
			}
			if table.Late != c.late {
				t.Errorf("%d late, slowest %s", table.Late, table.Slowest)
			}
		})
	}
}
