package mqtt

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/cenkalti/backoff/v5"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/jsonrow"
	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// reader takes in one table's messages.
type reader struct {
	connection *connection
	read       *read
	clientID   string
	tools      connector.Tools
	decoder    *jsonrow.Decoder

	mu   sync.Mutex // Next and a Close from a later Open
	link *link
	gone bool
	mark mark
	// held are messages that a failed Next had taken; they come first.
	held []message
	// flight are the messages of finished pages that wait for a commit.
	flight []pending
	begun  time.Time
	// stall is at how many messages in flight the broker last stopped sending:
	// the second time it is taken for the broker's own window.
	stall, window int
}

// pending is a message that was handed on as number n.
type pending struct {
	n  int64
	id uint16
}

// tries is how often a connection is tried before Next gives up.
const tries = 3

// Next takes messages until the page or the window is full, or none comes.
func (r *reader) Next(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return connector.Progress{}, err
	}
	if err := r.connect(ctx); err != nil {
		return connector.Progress{}, err
	}
	taken, done, err := r.fill(ctx, b)
	if err != nil {
		r.giveBack(taken)
		return connector.Progress{}, err
	}
	for _, m := range taken {
		r.mark.Taken++
		if m.id != 0 {
			r.flight = append(r.flight, pending{r.mark.Taken, m.id})
		}
	}
	return connector.Progress{Cursor: r.mark.String(), Read: int64(len(taken)), Snapshot: page.Snapshot{Count: -1}, Done: done}, nil
}

// giveBack keeps what a failed Next took. What came over a connection that
// has ended comes again over the next one.
func (r *reader) giveBack(taken []message) {
	select {
	case <-r.link.down:
		r.link.close()
		r.link, r.held, r.flight = nil, nil, nil
	default:
		r.held = append(taken, r.held...)
	}
}

func (r *reader) fill(ctx context.Context, b *page.Builder) (taken []message, done bool, err error) {
	for !b.Full() && len(r.flight)+len(taken) < r.read.Window {
		m, ok, err := r.message(ctx, len(taken))
		if err != nil {
			return taken, false, err
		}
		if !ok {
			r.stalled(len(taken))
			return taken, len(taken) == 0 || r.read.Linger >= r.read.Idle, nil
		}
		taken = append(taken, m)
		if err := r.take(b, m); err != nil {
			return taken, false, err
		}
	}
	over := r.tools.Now().Sub(r.begun) >= r.read.AtMost
	return taken, over || len(taken) == 0, nil
}

// message gives the next message, false when none came for a while: long
// while the page is empty, short when records wait to go out.
func (r *reader) message(ctx context.Context, taken int) (message, bool, error) {
	if len(r.held) > 0 {
		m := r.held[0]
		r.held = r.held[1:]
		return m, true, nil
	}
	select {
	case m := <-r.link.messages: // without a timer while there are some
		return m, true, nil
	default:
	}
	wait := r.read.Linger
	switch {
	case taken == 0:
		wait = r.read.Idle
	case len(r.flight)+taken == r.window:
		wait /= windowHaste
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case m := <-r.link.messages:
		return m, true, nil
	case <-r.link.down:
		return message{}, false, r.link.why
	case <-ctx.Done():
		return message{}, false, ctx.Err()
	case <-t.C:
		return message{}, false, nil
	}
}

// windowHaste is by how much the wait is shorter where the broker is believed
// to have sent all that it may.
const windowHaste = 20

func (r *reader) stalled(taken int) {
	if n := len(r.flight) + taken; taken > 0 {
		if n == r.stall {
			r.window = n
		}
		r.stall = n
	}
}

// take adds one message to the page.
func (r *reader) take(b *page.Builder, m message) error {
	at := page.Place{Origin: m.topic, Offset: -1}
	if len(m.payload) > page.MaxBytes {
		reject, err := r.tools.Keep(at, bytes.NewReader(m.payload))
		if err != nil {
			return err
		}
		b.Reject(reject)
		return nil
	}
	b.Origin(m.topic)
	r.read.pattern.match(m.topic, func(name, value string) {
		b.Text(b.Column(name, page.Text), []byte(value))
	})
	b.Text(b.Column("$topic", page.Text), []byte(m.topic))
	if r.read.Payload == "text" {
		column := b.Column("payload", page.Text)
		if utf8.Valid(m.payload) {
			b.Text(column, m.payload)
		} else {
			b.Bytes(column, m.payload)
		}
	} else if err := r.decoder.Append(b, m.payload); err != nil {
		b.Undo()
		f := fault.All(err)[0]
		b.Reject(page.Reject{Place: at, Code: f.Code(), Cause: f.Cause(lang), Mend: f.Mend(lang), Raw: m.payload})
		return nil
	}
	b.End(page.Upsert, at.Row, at.Offset)
	return nil
}

// connect makes sure that there is a connection, with patience.
func (r *reader) connect(ctx context.Context) error {
	if r.gone {
		return errClosed
	}
	if r.begun.IsZero() {
		r.begun = r.tools.Now()
	}
	if r.link != nil {
		return nil
	}
	wait := backoff.NewExponentialBackOff()
	for try := 1; ; try++ {
		l, err := dial(ctx, r.connection, session{clientID: r.clientID, topics: r.read.Topics, window: r.read.Window})
		if err == nil {
			if !l.resumed && r.mark.Taken > 0 {
				r.tools.Log.Warn("the broker has forgotten the session; what came since the last run is lost to it", "client", r.clientID, "place", l.place)
			}
			r.link = l
			return nil
		}
		var f *failure
		if !errors.As(err, &f) || !f.again || try == tries {
			return err
		}
		pause := wait.NextBackOff()
		r.tools.Log.Info("connection failed, trying again", "pause", pause, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Committed acknowledges to the broker every message up to the cursor. When
// the connection has ended meanwhile, they come again.
func (r *reader) Committed(_ context.Context, cursor string) error {
	m, err := parseMark(cursor)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []uint16
	rest := r.flight
	for len(rest) > 0 && rest[0].n <= m.Taken {
		ids = append(ids, rest[0].id)
		rest = rest[1:]
	}
	r.flight = rest
	if r.link == nil || len(ids) == 0 {
		return nil
	}
	if err := r.link.acknowledge(ids); err != nil {
		r.tools.Log.Info("the acknowledgement did not go out; the broker sends the messages again", "messages", len(ids), "error", err)
		r.link.end(err)
	}
	return nil
}

// Close ends the connection; the broker keeps the session.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	if r.link != nil {
		r.link.close()
		r.link, r.held, r.flight = nil, nil, nil
	}
	return nil
}
