package httpapi

import (
	"bytes"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/jsonrow"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/fault"
)

// reader reads one table's list onward.
type reader struct {
	client  *client
	table   *source.Table
	read    *read
	zone    *time.Location
	name    string
	decoder *jsonrow.Decoder
	watch   *watch
	state
}

// state is what a failed Next takes back.
type state struct {
	mark   mark
	answer *answer
	// previous is the sum of the page before, to know a repeated last page.
	previous uint64
	// resumed says that the run's beginning was read by another reader.
	resumed bool
}

// Next fills the page from as many answers as it takes.
func (r *reader) Next(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	if err := ctx.Err(); err != nil {
		return connector.Progress{}, err
	}
	if r.full() && r.mark.Run == nil && r.mark.Whole == r.name {
		return connector.Progress{Cursor: r.mark.String(), Snapshot: page.Snapshot{Count: -1}, Done: true}, nil
	}
	before := r.state.clone()
	progress, err := r.fill(ctx, b)
	if err != nil {
		r.state = before
		return connector.Progress{}, err
	}
	return progress, nil
}

// Close has nothing to give back: connections are the connector's.
func (r *reader) Close() error { return nil }

func (s *state) clone() state {
	out := *s
	if s.mark.Run != nil {
		copied := *s.mark.Run
		out.mark.Run = &copied
	}
	if s.answer != nil {
		copied := *s.answer
		out.answer = &copied
	}
	return out
}

// full says that every run reads the whole list, as a snapshot.
func (r *reader) full() bool { return r.read.Since.Parameter == "" && !r.read.Paging.Keep }

func (r *reader) fill(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	if r.mark.Run == nil {
		r.begin()
	}
	taken := int64(0)
	for !b.Full() {
		if r.answer == nil {
			if err := r.fetch(ctx); err != nil {
				return connector.Progress{}, err
			}
		}
		raw, ok := r.answer.next()
		if ok {
			if err := r.take(b, raw); err != nil {
				return connector.Progress{}, err
			}
			taken++
			continue
		}
		ended, err := r.turn()
		if err != nil {
			return connector.Progress{}, err
		}
		if ended {
			snapshot := r.finish()
			return connector.Progress{Cursor: r.mark.String(), Read: taken, Snapshot: snapshot, Done: true}, nil
		}
	}
	return connector.Progress{Cursor: r.mark.String(), Read: taken, Snapshot: page.Snapshot{ID: r.mark.Run.Name, Count: -1}}, nil
}

// begin starts the reading of a list.
func (r *reader) begin() {
	run := &run{Page: r.read.Paging.Start, Token: r.mark.Token, Total: -1}
	if r.read.Paging.Style == byOffset {
		run.Page = r.read.Paging.Start
	}
	if r.full() {
		run.Name = r.name
	}
	if r.mark.High != nil {
		from := *r.mark.High - r.read.Since.Overlap.Microseconds()
		run.Since = &from
	}
	r.mark.Run, r.watch, r.resumed, r.previous = run, newWatch(r.table.Key), false, 0
}

// address is where the run's current page is.
func (r *reader) address() *url.URL {
	u := *r.client.base
	if r.read.Path != "" {
		u = *u.JoinPath(r.read.Path)
	}
	q := u.Query()
	run := r.mark.Run
	p := &r.read.Paging
	if p.Style == byLink && run.Link != "" {
		if at, err := u.Parse(run.Link); err == nil {
			u, q = *at, at.Query()
		}
	}
	for name, value := range r.read.Query {
		q.Set(name, value)
	}
	if p.Style == byLink && run.Link != "" {
		u.RawQuery = q.Encode()
		return &u
	}
	if p.SizeParameter != "" {
		q.Set(p.SizeParameter, strconv.Itoa(p.Size))
	}
	switch {
	case p.numbered():
		q.Set(p.Parameter, strconv.FormatInt(run.Page, 10))
	case p.Style == byCursor && run.Token != "":
		q.Set(p.Parameter, run.Token)
	}
	if run.Since != nil {
		q.Set(r.read.Since.Parameter, formatTime(r.read.Since.Format, *run.Since, r.zone))
	}
	u.RawQuery = q.Encode()
	return &u
}

// fetch asks for the current page and passes over what was taken of it.
func (r *reader) fetch(ctx context.Context) error {
	u := r.address()
	got, err := r.client.get(ctx, u, r.read.judge(u))
	if err != nil {
		return err
	}
	a := r.read.open(u, got)
	run := r.mark.Run
	if run.Total >= 0 && a.total >= 0 && a.total != run.Total && (r.full() || a.total < run.Total) {
		run.Changed = true
	}
	if a.total >= 0 {
		run.Total = a.total
	}
	if r.read.Paging.numbered() && a.count > 0 && a.sum == r.previous {
		// Some APIs answer pages behind the last with the last one again.
		*a = answer{origin: a.origin, total: a.total}
	}
	r.answer = r.passed(a)
	return nil
}

// passed skips the elements that were taken before. When they are others than
// before, all are read again, since which are new can't be told.
func (r *reader) passed(a *answer) *answer {
	run := r.mark.Run
	if run.Skip == 0 {
		return a
	}
	ahead, sum := *a, uint64(0)
	for range run.Skip {
		raw, ok := ahead.next()
		if !ok {
			break
		}
		sum = xxh3.HashSeed(raw, sum)
	}
	if ahead.index == run.Skip && sum == run.Taken {
		return &ahead
	}
	r.client.tools.Log.Info("the page changed since it was read; it is read again", "place", a.origin)
	run.Read -= min(run.Read, run.Skip)
	run.Skip, run.Taken, run.Changed = 0, 0, true
	return a
}

// take adds one element to the page.
func (r *reader) take(b *page.Builder, raw []byte) error {
	run := r.mark.Run
	run.Read++
	run.Skip++
	run.Taken = xxh3.HashSeed(raw, run.Taken)
	at := page.Place{Origin: r.answer.origin, Row: r.answer.index, Offset: -1}
	if len(raw) > page.MaxBytes {
		reject, err := r.client.tools.Keep(at, bytes.NewReader(raw))
		if err != nil {
			return err
		}
		b.Reject(reject)
		return nil
	}
	b.Origin(at.Origin)
	if err := r.decoder.Append(b, raw); err != nil {
		f := fault.All(err)[0]
		b.Reject(page.Reject{Place: at, Code: f.Code(), Cause: f.Cause(lang), Mend: f.Mend(lang), Raw: raw})
		return nil
	}
	b.End(page.Upsert, at.Row, at.Offset)
	r.observe(raw)
	return nil
}

// ahead is how far in the future a record's time may lie and still move the
// mark: a mistyped year would hide all that comes until then.
const ahead = 24 * time.Hour

// observe follows the times of the since field and the records' places.
func (r *reader) observe(raw []byte) {
	run, s := r.mark.Run, &r.read.Since
	at, ok := int64(0), false
	if s.Parameter != "" {
		at, ok = parseTime(s.Format, lookup(raw, s.Field), r.zone)
	}
	if ok && at > r.client.tools.Now().Add(ahead).UnixMicro() {
		r.client.tools.Log.Warn("a record's time lies in the future; it does not move the mark", "table", r.table.Name, "field", s.Field, "row", r.answer.index, "place", r.answer.origin)
		ok = false
	}
	if ok {
		if run.Last != nil && at < *run.Last {
			run.Unordered = true
		}
		run.Last = &at
		if run.High == nil || at > *run.High {
			run.High = &at
		}
	}
	if r.read.Paging.numbered() {
		r.watch.see(raw, at, ok)
	}
}

// turn moves to the next page and reports whether there is none.
func (r *reader) turn() (bool, error) {
	run, a := r.mark.Run, r.answer
	ended := false
	switch p := &r.read.Paging; p.Style {
	case byNone:
		ended = true
	case byPage, byOffset:
		// A short page proves nothing: an API may give fewer than it was asked.
		ended = a.count == 0 || a.total >= 0 && run.Read >= a.total
		run.Page++
		if p.Style == byOffset {
			run.Page += a.count - 1
		}
	case byCursor:
		ended = a.token == "" || !a.more || a.token == run.Token && a.count == 0
		if !ended && a.token == run.Token {
			return false, final(Circle.At(a.origin))
		}
		if a.token != "" {
			run.Token = a.token
		}
	case byLink:
		link, err := r.follow(a)
		if err != nil {
			return false, err
		}
		ended = link == "" || !a.more
		run.Link = link
	}
	run.Skip, run.Taken = 0, 0
	r.previous, r.answer = a.sum, nil
	return ended, nil
}

// follow resolves the next address into a path and query of the same host,
// without the configured parameters, which may be secret.
func (r *reader) follow(a *answer) (string, error) {
	if a.link == "" {
		return "", nil
	}
	here := r.address()
	next, err := here.Parse(a.link)
	if err != nil {
		return "", final(Circle.At(a.origin).Because(err))
	}
	if !r.client.home(next) {
		return "", final(Elsewhere.At(a.origin, "host", next.Host))
	}
	q := next.Query()
	for name, value := range r.read.Query {
		if q.Get(name) == value {
			q.Del(name)
		}
	}
	link := next.EscapedPath()
	if len(q) > 0 {
		link += "?" + q.Encode()
	}
	if link == r.mark.Run.Link {
		return "", final(Circle.At(a.origin))
	}
	return link, nil
}

// finish ends the run: the mark moves on, or the snapshot is declared.
func (r *reader) finish() page.Snapshot {
	run, log := r.mark.Run, r.client.tools.Log
	next := mark{Version: markVersion}
	snapshot := page.Snapshot{Count: -1}
	switch {
	case r.read.Paging.Keep:
		next.Token = run.Token
	case r.full():
		next.Whole = run.Name
		reasons := r.doubts()
		if run.Total >= 0 && run.Read != run.Total {
			reasons = append(reasons, "the source counts "+strconv.FormatInt(run.Total, 10)+", "+strconv.FormatInt(run.Read, 10)+" were read")
		}
		if len(reasons) > 0 {
			log.Info("the list is not declared complete", "table", r.table.Name, "because", strings.Join(reasons, "; "))
		}
		snapshot = page.Snapshot{ID: run.Name, End: len(reasons) == 0, Count: run.Total}
	default:
		next.High = r.settled()
	}
	r.mark = next
	return snapshot
}

// doubts lists what speaks against having seen every record of the list.
func (r *reader) doubts() []string {
	var out []string
	if r.mark.Run.Changed {
		out = append(out, "the list changed while it was read")
	}
	if !r.read.Paging.numbered() {
		return out
	}
	if r.watch.moved {
		out = append(out, "a record changed while the list was read")
	}
	if r.resumed {
		out = append(out, "the reading was taken up in the middle")
	}
	return out
}

// settled is the mark after a run: up to there nothing can have slipped
// through.
func (r *reader) settled() *int64 {
	run, start := r.mark.Run, r.mark.High
	if run.High == nil || start != nil && *run.High <= *start {
		return start
	}
	high := *run.High
	if !r.read.Paging.numbered() {
		return &high
	}
	only := r.watch.moved && !run.Changed && !r.resumed && !run.Unordered && !r.watch.lost
	switch {
	case only:
		high = min(high, r.watch.low)
	case len(r.doubts()) > 0:
		r.client.tools.Log.Info("the mark stays where it was", "table", r.table.Name, "because", strings.Join(r.doubts(), "; "))
		return start
	}
	if start != nil && high < *start {
		return start
	}
	return &high
}
