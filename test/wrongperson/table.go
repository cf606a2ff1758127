// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"kofu/cert"
)

// Issued and Gone are how a request may end, besides the code of a refusal.
const (
	Issued = "issued"
	Gone   = "disconnected"
)

// row is a line of the table.
type row struct {
	door cert.Channel
	kind cert.Kind
}

// Table is what came of it. It is safe for concurrent use.
type Table struct {
	mu       sync.Mutex
	ends     map[row]map[string]int
	wrong    map[row]int
	Wrong    []string      // what each mismatch was; the first hundred
	Late     int           // answers after their deadline
	Slowest  time.Duration // answer
	Papers   int           // judged
	Pictures int           // looked at as pictures
	Notes    []string      // errors that came in the place of answers
	asked    int
}

func newTable() *Table {
	return &Table{ends: map[row]map[string]int{}, wrong: map[row]int{}}
}

// end notes how a request ended.
func (t *Table) end(a *asking, code string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := row{a.door, a.kind}
	if t.ends[r] == nil {
		t.ends[r] = map[string]int{}
	}
	t.ends[r][code]++
	t.asked++
}

// mismatch notes that somebody got what is not theirs.
func (t *Table) mismatch(a *asking, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrong[row{a.door, a.kind}]++
	if len(t.Wrong) < 100 {
		t.Wrong = append(t.Wrong, fmt.Sprintf("%s %s %s: %v", a.ID, a.door, a.kind, err))
	}
}

// paper counts one that was judged, and says whether to look at its picture.
func (t *Table) paper() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Papers++
	if t.Papers%pictured != 1 {
		return false
	}
	t.Pictures++
	return true
}

// pictured: one paper in so many is looked at as a picture.
const pictured = 200

func (t *Table) took(d, limit time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Slowest = max(t.Slowest, d)
	if d > limit {
		t.Late++
	}
}

// Asked counts the requests that have ended.
func (t *Table) Asked() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.asked
}

// Ended counts the requests that ended with code.
func (t *Table) Ended(code string) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, codes := range t.ends {
		n += codes[code]
	}
	return n
}

// IssuedAt counts the certificates of a door.
func (t *Table) IssuedAt(door cert.Channel) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ends[row{door, cert.Domestic}][Issued] + t.ends[row{door, cert.Overseas}][Issued]
}

// Mismatches counts what was anybody else's.
func (t *Table) Mismatches() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.wrong {
		n += k
	}
	return n
}

// String is the table, and the line that matters.
func (t *Table) String() string {
	mismatches := t.Mismatches()
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "door\tkind\tasked\tissued\trefused\tdisconnected\tmismatches")
	rows := slices.SortedFunc(maps.Keys(t.ends), func(a, b row) int { return cmp.Or(cmp.Compare(a.door, b.door), cmp.Compare(a.kind, b.kind)) })
	for _, r := range rows {
		asked, refused := 0, []string{}
		for _, code := range slices.Sorted(maps.Keys(t.ends[r])) {
			n := t.ends[r][code]
			asked += n
			if code != Issued && code != Gone {
				refused = append(refused, fmt.Sprintf("%d %s", n, code))
			}
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%d\t%d\n", r.door, r.kind, asked, t.ends[r][Issued], cmp.Or(strings.Join(refused, ", "), "0"), t.ends[r][Gone], t.wrong[r])
	}
	_ = w.Flush()
	fmt.Fprintf(&b, "%d papers read, %d of them as pictures; slowest answer %s, after its deadline %d\n", t.Papers, t.Pictures, t.Slowest.Round(time.Millisecond), t.Late)
	for _, what := range slices.Concat(t.Notes, t.Wrong) {
		fmt.Fprintln(&b, "  "+what)
	}
	fmt.Fprintf(&b, "mismatches: %d\n", mismatches)
	return b.String()
}
