// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kofu/cmd/internal/checkpoint"
	"kofu/cmd/internal/sqlstore"
)

// notingTimeout bounds the writing of one checkpoint to one place.
const notingTimeout = 10 * time.Second

// A place is where checkpoints go.
type place interface {
	// Write returns when s is kept, as far as the place can tell. It honours
	// ctx.
	Write(ctx context.Context, s checkpoint.Signed) error
}

// noting writes checkpoints of the operation log.
type noting struct {
	every    time.Duration
	instance string
	signer   *checkpoint.Signer
	places   []place
}

// notingMetrics tells whether they leave. Alert when the last one is more than
// a few minutes old.
type notingMetrics struct {
	failed  prometheus.Counter
	written prometheus.Gauge
	rows    prometheus.Gauge
}

func (m *metrics) noting() *notingMetrics {
	n := &notingMetrics{
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kofu_log_checkpoint_failures_total", Help: "Checkpoints of the operation log that could not be made, or written to one of their places.",
		}),
		written: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kofu_log_checkpoint_timestamp_seconds", Help: "When a checkpoint was last written to all places; 0: never.",
		}),
		rows: prometheus.NewGauge(prometheus.GaugeOpts{Name: "kofu_log_checkpoint_rows", Help: "Rows of the operation log at the last checkpoint."}),
	}
	m.registry.MustRegister(n.failed, n.written, n.rows)
	return n
}

// run writes a checkpoint at once, then one every n.every until ctx ends, and
// one more then: what was done up to the end is in it.
func (n *noting) run(ctx context.Context, head func(context.Context) (sqlstore.Head, error), m *notingMetrics, log *slog.Logger) {
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	for {
		n.once(ctx, head, m, log)
		select {
		case <-tick.C:
		case <-ctx.Done():
			n.once(context.WithoutCancel(ctx), head, m, log)
			return
		}
	}
}

func (n *noting) once(ctx context.Context, head func(context.Context) (sqlstore.Head, error), m *notingMetrics, log *slog.Logger) {
	seq, err := n.write(ctx, head)
	if err != nil {
		m.failed.Inc()
		log.LogAttrs(ctx, slog.LevelError, "checkpoint not written", slog.String("cause", err.Error()))
		return
	}
	m.written.SetToCurrentTime()
	m.rows.Set(float64(seq))
}

// write makes one checkpoint, and writes it to every place, one of which may
// fail without the others.
func (n *noting) write(ctx context.Context, head func(context.Context) (sqlstore.Head, error)) (seq int, err error) {
	ctx, cancel := context.WithTimeout(ctx, notingTimeout)
	defer cancel()
	h, err := head(ctx)
	if err != nil {
		return 0, err
	}
	signed, err := n.signer.Sign(checkpoint.Checkpoint{Seq: h.Seq, Hash: h.Hash, At: time.Now(), Instance: n.instance})
	if err != nil {
		return 0, err
	}
	for _, p := range n.places {
		err = errors.Join(err, p.Write(ctx, signed))
	}
	return h.Seq, err
}
