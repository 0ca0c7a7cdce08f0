package store

import (
	"os"
	"time"
)

// writeBehindPause is how often WriteBehind looks for what is to be written.
const writeBehindPause = 30 * time.Millisecond

// WriteBehind has the kernel write what a load has handed it to the disk all
// the while, until the returned function is called. Otherwise the disk rests
// until a commit wants all of it there at once, and the loader waits. It
// changes when bytes are written and nothing else: what a commit promises
// stands on DuckDB's own fsync. Where the system can't do it, it does nothing.
func (s *Store) WriteBehind() (stop func()) {
	if s.file == nil {
		var err error
		if s.file, err = os.OpenFile(s.path, os.O_RDWR, 0); err != nil {
			return func() {}
		}
	}
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(writeBehindPause)
		defer tick.Stop()
		for {
			select {
			case <-stopped:
				return
			case <-tick.C:
				if !startWriting(s.file) {
					return
				}
			}
		}
	}()
	return func() {
		close(stopped)
		<-ended
	}
}
