package load

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"huiliu/ingest/page"
	"huiliu/marts/store"
)

// Reprocess does the archived pages of some sources again with today's maps
// and contracts, in the order they were committed; no names mean all. It
// touches no live mark. Events of rows that change are added, never removed.
func (l *Loader) Reprocess(ctx context.Context, sources ...string) error {
	return l.replayPages(ctx, "source IN ("+quoteAll(sources)+") OR "+fmt.Sprint(len(sources) == 0), nil)
}

// ReplayQuarantine does quarantined records again, as after a map or a
// contract was mended; no ids mean all that are open. A record that is well
// now leaves the quarantine; one that is still bad stays with its new reason.
// Rejected bytes can't be replayed here: no record was ever cut from them.
func (l *Loader) ReplayQuarantine(ctx context.Context, ids ...uint64) error {
	where := "kind = 'record'"
	if len(ids) > 0 {
		where += " AND id IN (" + numbers(ids) + ")"
	}
	rows, err := l.session.Conn().QueryContext(ctx, "SELECT page::VARCHAR, position FROM store.load.quarantine WHERE "+where)
	if err != nil {
		return fmt.Errorf("read quarantine: %w", err)
	}
	defer rows.Close()
	only := map[string]map[int]bool{}
	for rows.Next() {
		var id string
		var position int
		if err := rows.Scan(&id, &position); err != nil {
			return fmt.Errorf("read quarantine: %w", err)
		}
		if only[id] == nil {
			only[id] = map[int]bool{}
		}
		only[id][position] = true
	}
	// Closed before the replay, which needs the session's one connection.
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("read quarantine: %w", err)
	}
	if len(only) == 0 {
		return nil
	}
	return l.replayPages(ctx, "true", only)
}

type archivedPage struct {
	id, source, table, file string
}

// replayPages loads archived pages again; with only, just those pages and
// positions.
func (l *Loader) replayPages(ctx context.Context, where string, only map[string]map[int]bool) error {
	list, err := l.archivedPages(ctx, where)
	if err != nil {
		return err
	}
	var batch []*item
	rows := int64(0)
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := l.commit(ctx, slices.Values([][]*item{batch}))
		batch, rows = nil, 0
		return store.Explain(l.Store.Dir(), err)
	}
	done := map[string]bool{}
	for _, p := range list {
		if only != nil && only[p.id] == nil || done[p.id] {
			continue
		}
		done[p.id] = true
		it, err := l.reopen(p, only[p.id])
		if err != nil {
			return err
		}
		batch = append(batch, it)
		if rows += it.header.Rows; rows >= smallestChunk || only != nil {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (l *Loader) archivedPages(ctx context.Context, where string) ([]archivedPage, error) {
	rows, err := l.session.Conn().QueryContext(ctx, "SELECT page::VARCHAR, source, source_table, file FROM store.load.page WHERE rows > 0 AND file <> '' AND ("+where+") ORDER BY number")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	defer rows.Close()
	var out []archivedPage
	for rows.Next() {
		var p archivedPage
		if err := rows.Scan(&p.id, &p.source, &p.table, &p.file); err != nil {
			return nil, fmt.Errorf("list pages: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func (l *Loader) reopen(p archivedPage, only map[int]bool) (*item, error) {
	f := l.find(p.source, p.table)
	if f == nil {
		return nil, fmt.Errorf("page %s: source %s.%s is not configured", p.id, p.source, p.table)
	}
	path := filepath.Join(l.Store.PagesDir(), p.file)
	header, sealed, err := readArchive(path)
	if err != nil {
		return nil, err
	}
	opened, err := page.Open(l.Box, header, sealed)
	if err != nil {
		return nil, UnreadablePage.At(path).Because(err)
	}
	it := &item{feed: f, header: header, replay: true, only: only}
	// The rejects of a page are in the quarantine since it was first loaded.
	opened.Rejects = nil
	it.header.Read = it.header.Rows
	it.header.Rejects = 0
	if err := l.prepare(it, opened); err != nil {
		return nil, err
	}
	return it, nil
}

func (l *Loader) find(source, table string) *feed {
	for _, f := range l.feeds {
		if f.source == source && f.table == table {
			return f
		}
	}
	return nil
}

func quoteAll(names []string) string {
	out := "''"
	for _, n := range names {
		out += ", " + store.Quote(n)
	}
	return out
}

func numbers(ids []uint64) string {
	out := ""
	for i, id := range ids {
		if i > 0 {
			out += ", "
		}
		out += fmt.Sprint(id)
	}
	return out
}
