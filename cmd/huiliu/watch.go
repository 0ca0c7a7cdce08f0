package main

import (
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
}

func (w *watch) pulled(source, table string, records int64) {
	w.mu.Lock()
	w.pulledN += records
	w.what = source + "." + table
	w.mu.Unlock()
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
