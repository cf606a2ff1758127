// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"kofu/cmd/internal/sqlstore"
)

// door is the kiosk door: a listener of its own with mutual TLS, and for each
// terminal a client that has its certificate.
type door struct {
	*entrance
	keys    *terminalKeys
	books   *sqlstore.Store         // registry of terminals, closures, ledger
	clients map[string]*http.Client // by terminal

	mu      sync.RWMutex
	handler http.Handler // the centre as it is arranged now
}

// maxEvent is the largest body that is passed on: more than the centre takes,
// so that the refusal is the centre's.
const maxEvent = 2 << 20

// openDoor registers the terminals and listens. Until the centre is arranged
// there is nobody behind the door.
func openDoor(ctx context.Context, books *sqlstore.Store, log *slog.Logger) (_ *door, err error) {
	d := &door{books: books, clients: map[string]*http.Client{}, handler: http.NotFoundHandler()}
	if d.keys, err = newTerminalKeys(terminalIDs()); err != nil {
		return nil, err
	}
	for _, id := range terminalIDs() {
		if err := books.AddTerminal(ctx, "demo", d.keys.entry(id)); err != nil {
			return nil, err
		}
		d.clients[id] = d.keys.client(id)
	}
	if d.entrance, err = openEntrance(ctx, d, d.keys.serverTLS(), log); err != nil {
		return nil, fmt.Errorf("listen for terminals: %w", err)
	}
	return d, nil
}

// ServeHTTP lets the centre answer that is arranged now.
func (d *door) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	d.mu.RLock()
	h := d.handler
	d.mu.RUnlock()
	h.ServeHTTP(out, r)
}

func (d *door) arrange(h http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handler = h
}

// forward is a terminal's line: it adds the client certificate and passes
// everything on as it is, both ways.
func (d *door) forward(out http.ResponseWriter, r *http.Request) {
	client := d.clients[r.PathValue("terminal")]
	if client == nil {
		noTerminal().write(out)
		return
	}
	path := "/kiosk/v1/sessions"
	if id := r.PathValue("session"); id != "" {
		path += "/" + id + "/events"
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, d.url+path, http.MaxBytesReader(out, r.Body, maxEvent))
	if err != nil {
		badBody().write(out)
		return
	}
	req.Header.Set("Content-Type", r.Header.Get("Content-Type"))
	req.ContentLength = r.ContentLength
	res, err := client.Do(req)
	if err != nil {
		noLine().write(out)
		return
	}
	defer res.Body.Close()
	for _, name := range []string{"Content-Type", "Content-Language", "Retry-After", "Cache-Control"} {
		if v := res.Header.Get(name); v != "" {
			out.Header().Set(name, v)
		}
	}
	out.WriteHeader(res.StatusCode)
	_, _ = io.Copy(out, res.Body) // either side may be gone
}

func noTerminal() trouble {
	return trouble{Title: "その端末はありません。", TitleEn: "There is no such terminal.", Status: http.StatusNotFound,
		Code: "not_found", Next: text{"demo-1 から demo-3 までがあります。", "There are demo-1 to demo-3."}}
}

func noLine() trouble {
	return trouble{Title: "センターから応答がありません。", TitleEn: "The centre does not answer.", Status: http.StatusBadGateway,
		Code: "no_answer", Next: text{"同じイベントをもう一度送ってください。", "Send the same event again."}}
}

// Close ends the listener, then the lines.
func (d *door) Close() error {
	err := d.entrance.Close()
	for _, c := range d.clients {
		c.CloseIdleConnections()
	}
	return err
}
