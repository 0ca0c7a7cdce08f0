package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"

	"huiliu/marts/load"
)

// watch shows how far a command has come: one line that is written over on a
// terminal, plain lines every few seconds elsewhere.
type watch struct {
	e                *env
	mu               sync.Mutex
	what             string
	pulledN, loadedN int64
	live             bool
	loose            bool // pullers are no longer paced
	done             chan struct{}
	once             sync.Once
}

func (e *env) watch() *watch {
	w := &watch{e: e, done: make(chan struct{})}
	if f, ok := e.err.(*os.File); ok {
		w.live = isatty.IsTerminal(f.Fd())
	}
	if e.Quiet || e.JSON {
		return w
	}
	go w.tick()
	return w
}

func (w *watch) tick() {
	pause := 3 * time.Second
	if w.live {
		pause = 150 * time.Millisecond
	}
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.show()
		case <-w.done:
			return
		}
	}
}

func (w *watch) show() {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := fmt.Sprintf("pulled %d, loaded %d", w.pulledN, w.loadedN)
	if w.what != "" {
		line += ": " + w.what
	}
	if w.live {
		fmt.Fprintf(w.e.err, "\r\x1b[K%s", line)
	} else {
		fmt.Fprintln(w.e.err, line)
	}
}

func (w *watch) say(what string) {
	w.mu.Lock()
	w.what = what
	w.mu.Unlock()
	if w.e.progress != nil {
		w.e.progress(what)
	}
}

func (w *watch) pulled(source, table string, records int64) {
	w.mu.Lock()
	w.pulledN += records
	w.what = source + "." + table
	w.mu.Unlock()
}

// mostAhead is how many records pullers may be ahead of the loader when both
// run in one process: the broker inside keeps what waits in memory. It is more than
// the loader commits at a time and prepares meanwhile, so that neither waits.
const mostAhead = 400_000

// patience is how long pullers wait for a loader that commits nothing, as
// when a stream has stopped, before they go on unpaced.
const patience = 3 * time.Second

// pace holds a puller back while the loader is far behind.
func (w *watch) pace(ctx context.Context) {
	seen, since := int64(-1), time.Now()
	for ctx.Err() == nil {
		w.mu.Lock()
		ahead, loaded, loose := w.pulledN-w.loadedN, w.loadedN, w.loose
		w.mu.Unlock()
		if ahead <= mostAhead || loose {
			return
		}
		if loaded != seen {
			seen, since = loaded, time.Now()
		} else if time.Since(since) > patience {
			w.mu.Lock()
			w.loose = true
			w.mu.Unlock()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (w *watch) loaded(p load.Progress) {
	w.mu.Lock()
	w.loadedN = p.Records
	w.mu.Unlock()
}

func (w *watch) stop() {
	w.once.Do(func() {
		close(w.done)
		if w.live && !w.e.Quiet && !w.e.JSON {
			w.mu.Lock()
			fmt.Fprint(w.e.err, "\r\x1b[K")
			w.mu.Unlock()
		}
	})
}
