package files

import (
	"context"
	"errors"
	"log/slog"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
)

// reader reads a table's files one after another.
type reader struct {
	root Root
	// tree is nil behind an error: the next reading opens another.
	tree  Tree
	set   *settings
	tools connector.Tools
	// mark and text are where the last page ended.
	mark cursor
	text string
	// files are those of the last listing, next the first not looked at.
	files []*file
	next  int
	now   *reading
	sums  manifests
}

// reading is the file at hand. A refused file has a reject and no parser.
type reading struct {
	*file
	parser parser
	reject *page.Reject
	count  int64
}

// Next implements connector.Reader.
func (r *reader) Next(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	p, err := r.read(ctx, b)
	if err != nil {
		// The page is lost: the next call reads again from the last mark.
		r.leave()
		r.mark, _ = parseCursor(r.text) // it was read or written here before
		return connector.Progress{Cursor: r.text}, err
	}
	return p, nil
}

func (r *reader) read(ctx context.Context, b *page.Builder) (connector.Progress, error) {
	if err := ctx.Err(); err != nil {
		return connector.Progress{}, err
	}
	if r.now == nil {
		if r.next >= len(r.files) {
			r.files = nil
		}
		if err := r.begin(ctx); err != nil {
			return connector.Progress{}, err
		}
	}
	if r.now == nil {
		return connector.Progress{Cursor: r.text, Done: true}, nil
	}
	out, err := r.take(ctx, b)
	if err != nil {
		return connector.Progress{}, err
	}
	return r.progress(ctx, out)
}

// take fills the page from the file at hand.
func (r *reader) take(ctx context.Context, b *page.Builder) (filled, error) {
	if r.now.reject != nil {
		b.Reject(*r.now.reject)
		return filled{read: 1, end: true, cut: true, total: -1}, nil
	}
	return r.now.parser.fill(ctx, b)
}

// progress moves the mark behind the page and, at a file's end, to the next
// file, so that the last page of all says that it is the last.
func (r *reader) progress(ctx context.Context, out filled) (connector.Progress, error) {
	at := r.now
	p := connector.Progress{Read: out.read, Snapshot: page.Snapshot{ID: at.sha, At: at.at, Count: -1}}
	next := r.mark
	if !out.end {
		next.Current = &current{SHA: at.sha, Name: at.origin(), position: at.parser.at()}
		r.move(&p, next)
		return p, nil
	}
	changed, err := at.changed()
	if err != nil {
		return connector.Progress{}, err
	}
	if changed && at.reject == nil {
		r.tools.Log.Warn("the file changed while it was read and will be read again", slog.String("file", at.name))
		out.cut, at.unstable = true, true
		next.Current = nil
	} else {
		next = next.with(at.mark(r.set))
	}
	p.Snapshot.End = !out.cut
	if p.Snapshot.Count = at.count; at.count < 0 {
		p.Snapshot.Count = out.total
	}
	r.mark = next
	r.release()
	if err := r.begin(ctx); err != nil {
		return connector.Progress{}, err
	}
	if r.now == nil {
		next, p.Done = r.prune(next), true
	}
	r.move(&p, next)
	return p, nil
}

func (r *reader) move(p *connector.Progress, next cursor) {
	r.mark, r.text = next, next.String()
	p.Cursor = r.text
}

// prune leaves out the marks of files that are gone. All files were hashed by
// now, since none is left to read.
func (r *reader) prune(c cursor) cursor {
	present := map[string]bool{}
	for _, f := range r.files {
		if f.sha != "" {
			present[f.mark(r.set)] = true
		}
	}
	kept := cursor{Version: cursorVersion}
	for _, m := range c.Done {
		if present[m] {
			kept.Done = append(kept.Done, m)
		}
	}
	return kept
}

// begin goes to the file that the mark stands in, or to the next one that was
// not read; it leaves now empty when there is none.
func (r *reader) begin(ctx context.Context) error {
	if r.files == nil {
		if err := r.look(ctx); err != nil {
			return err
		}
	}
	if cur := r.mark.Current; cur != nil {
		f, err := r.find(ctx, cur)
		if err != nil {
			return err
		}
		if f != nil {
			return r.open(ctx, f, cur.position)
		}
		r.tools.Log.Warn("the file being read is gone", slog.String("file", cur.Name))
		r.mark.Current = nil
	}
	for ; r.next < len(r.files); r.next++ {
		f := r.files[r.next]
		ready, err := f.hash(ctx)
		if err != nil {
			return err
		}
		if !ready {
			if err := r.tree.Sound(); err != nil {
				return err
			}
			r.tools.Log.Info("the file is gone or still being written", slog.String("file", f.name))
			continue
		}
		if f.unstable || r.mark.has(f.mark(r.set)) {
			continue
		}
		if f.young(r.set.settle, r.tools.Now()) {
			r.tools.Log.Info("the file changed a moment ago and waits", slog.String("file", f.name))
			continue
		}
		return r.open(ctx, f, position{})
	}
	return nil
}

// look lists the files anew.
func (r *reader) look(ctx context.Context) error {
	if r.tree == nil {
		tree, err := r.root.Open(ctx)
		if err != nil {
			return err
		}
		r.tree = tree
	}
	files, err := list(r.tree, r.set)
	if err != nil {
		return err
	}
	r.files, r.next = files, 0
	r.sums, err = readManifests(r.tree, r.set, r.tools.Log)
	return err
}

// find finds the file of a mark: by its name first, then by its bytes.
func (r *reader) find(ctx context.Context, cur *current) (*file, error) {
	for _, byName := range []bool{true, false} {
		for _, f := range r.files {
			if (f.origin() == cur.Name) != byName {
				continue
			}
			ready, err := f.hash(ctx)
			if err != nil {
				return nil, err
			}
			if ready && f.sha == cur.SHA {
				return f, nil
			}
		}
	}
	return nil, nil
}

// open begins a file, or refuses it as a whole.
func (r *reader) open(ctx context.Context, f *file, from position) error {
	at := &reading{file: f, count: -1}
	count, err := r.sums.check(f)
	if err == nil && f.undated && r.set.snapshot {
		err = refuse(noDate, "pattern", r.set.Date)
	}
	if err == nil {
		at.count = count
		at.parser, err = openParser(ctx, opening{file: f, set: r.set, tools: r.tools, from: from})
	}
	var refused *refusal
	if errors.As(err, &refused) {
		place := page.Place{Origin: f.origin(), Offset: 0}
		rej := page.Reject{Place: place, Code: refused.reason.Code(), Cause: refused.reason.Cause(lang), Mend: refused.reason.Mend(lang), Size: f.info.Size()}
		at.reject, err = &rej, nil
	}
	if err != nil {
		return err
	}
	r.now = at
	return nil
}

// release closes the file at hand.
func (r *reader) release() {
	if r.now != nil && r.now.parser != nil {
		_ = r.now.parser.close() // it was only read
	}
	r.now = nil
}

// leave closes the tree with all that was found in it.
func (r *reader) leave() {
	r.release()
	r.files, r.next = nil, 0
	if r.tree != nil {
		_ = r.tree.Close() // it was only read
		r.tree = nil
	}
}

// Close implements connector.Reader.
func (r *reader) Close() error {
	r.leave()
	return nil
}
