package load

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"huiliu/ingest/source"
	"huiliu/marts/store"
)

func (it *item) closesSnapshot() bool {
	return it.stop == nil && !it.dropped && !it.replay && it.header.Snapshot.End && it.feed.Table.Change == source.Snapshot
}

// closeSnapshots ends the rows that a complete snapshot no longer shows. It
// is complete only when every record of it could be read and the source's own
// count, if it gives one, agrees; a snapshot older than the last one that
// closed says nothing about today.
func (w *writing) closeSnapshots(ctx context.Context) error {
	here := map[*feed]*snapshotRead{} // what is in this chunk and not yet booked
	for _, it := range w.pages {
		f := it.feed
		if f.Table.Change != source.Snapshot || it.replay {
			continue
		}
		if here[f] == nil {
			here[f] = &snapshotRead{}
		}
		here[f].follow(it)
		if !it.header.Snapshot.End {
			continue
		}
		why, err := w.incomplete(ctx, it, here[f])
		if err != nil {
			return err
		}
		if why == "" {
			if it.counts.Vanished, err = w.vanish(ctx, it); err != nil {
				return err
			}
		} else {
			w.l.Log.Warn("nothing vanishes: the snapshot is not complete or not the latest", "source", f.source, "table", f.table, "why", why)
		}
		if err := w.exec(ctx, "forget snapshot's keys", fmt.Sprintf("DELETE FROM store.load.seen WHERE feed = %d", f.number)); err != nil {
			return err
		}
		f.latest = max(f.latest, snapshotMicros(&it.header))
	}
	return nil
}

// snapshotRead adds up the pages of one snapshot.
type snapshotRead struct {
	id            string
	read, unknown int64
}

// follow adds a page to the snapshot it belongs to.
func (s *snapshotRead) follow(it *item) {
	if s.id != it.header.Snapshot.ID {
		*s = snapshotRead{id: it.header.Snapshot.ID}
	}
	s.read += it.counts.Read
	s.unknown += it.rejects
	for _, b := range it.bad {
		if b.code == "key_missing" {
			s.unknown++
		}
	}
}

// incomplete says why a snapshot can't tell what vanished, empty when it can.
func (w *writing) incomplete(ctx context.Context, it *item, here *snapshotRead) (string, error) {
	// Pages of this snapshot that came before this chunk count too.
	var read, bad, later int64
	err := w.l.session.Conn().QueryRowContext(ctx, `SELECT
		(SELECT coalesce(sum(l.read), 0) FROM store.load.ledger l JOIN store.load.page p USING (page) WHERE p.source = ?1 AND p.source_table = ?2 AND p.snapshot = ?3 AND l.kind = 'live')::BIGINT,
		(SELECT count(*) FROM store.load.quarantine q JOIN store.load.page p USING (page) WHERE p.source = ?1 AND p.source_table = ?2 AND p.snapshot = ?3 AND (q.kind = 'reject' OR q.code = 'key_missing')),
		(SELECT count(*) FROM store.load.page p WHERE p.source = ?1 AND p.source_table = ?2 AND p.snapshot_at > ?4)`,
		it.feed.source, it.feed.table, it.header.Snapshot.ID, it.header.Snapshot.At.UTC()).Scan(&read, &bad, &later)
	if err != nil {
		return "", fmt.Errorf("read snapshot's pages: %w", err)
	}
	read, bad = read+here.read, bad+here.unknown
	switch count := it.header.Snapshot.Count; {
	case bad > 0:
		return fmt.Sprintf("%d of its records could not be read or have no key", bad), nil
	case count >= 0 && count != read:
		return fmt.Sprintf("the source counts %d records, %d were read", count, read), nil
	case later > 0 && !it.header.Snapshot.At.IsZero():
		return "a later snapshot was loaded before", nil
	}
	return "", nil
}

func (w *writing) vanish(ctx context.Context, it *item) (int64, error) {
	conn := w.l.session.Conn()
	gone := fmt.Sprintf(`SELECT r._key FROM store.load.record r WHERE r.feed = %d AND NOT r.deleted
		AND NOT EXISTS (SELECT 1 FROM store.load.seen s WHERE s.feed = %d AND s.snapshot = %s AND s._key = r._key)`,
		it.feed.number, it.feed.number, store.Quote(it.header.Snapshot.ID))
	for _, t := range it.feed.entities {
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("UPDATE store.load.%s SET _deleted = %s WHERE _deleted IS NULL AND _key IN (%s)", store.Ident(t.Name), w.l.asOf(), gone)); err != nil {
			return 0, fmt.Errorf("end vanished rows: %w", err)
		}
	}
	result, err := conn.ExecContext(ctx, fmt.Sprintf("UPDATE store.load.record SET deleted = true, snapshot = nullif(greatest(coalesce(snapshot, 0), %d), 0) WHERE _key IN (%s)", snapshotMicros(&it.header), gone))
	if err != nil {
		return 0, fmt.Errorf("end vanished records: %w", err)
	}
	return result.RowsAffected()
}

// bookkeep writes the pages of a chunk into the list of pages and the ledger.
func (w *writing) bookkeep(ctx context.Context) error {
	var pages pageColumns
	var ledger ledgerColumns
	for _, it := range w.pages {
		if !it.replay {
			w.l.pages++
			pages.add(it, w.l.pages)
		}
		ledger.add(it)
	}
	l := w.l
	if len(pages.number) > 0 {
		err := w.insert(ctx, "book pages", l.inlets.pages, fmt.Sprintf(`INSERT INTO store.load.page
			SELECT number, page, sum, source, source_table, stream, epoch, seq, rows, string_split(origins, chr(31)), snapshot, make_timestamp(snapshot_at), definition, file, %s, make_timestamp(%d) FROM %s`,
			store.Quote(l.Run), l.Now().UnixMicro(), l.inlets.pages.Name()), pages.batch())
		if err != nil {
			return err
		}
	}
	return w.insert(ctx, "book ledger", l.inlets.ledger, fmt.Sprintf(`INSERT INTO store.load.ledger
		SELECT source, source_table, %s, page, kind, read, replayed, new, changed, unchanged, superseded, deleted, quarantined, filtered, vanished, cells FROM %s`,
		store.Quote(l.Run), l.inlets.ledger.Name()), ledger.batch())
}

// pageColumns lays pages out for one insert.
type pageColumns struct {
	number, epoch, seq, rows, at                                    []int64
	dated                                                           []byte
	page                                                            []uint64
	sum, source, table, stream, origins, snapshot, definition, file []string
}

func (p *pageColumns) add(it *item, number int64) {
	h := &it.header
	at := int64(0)
	if n := len(p.number); n%8 == 0 {
		p.dated = append(p.dated, 0)
	}
	if !h.Snapshot.At.IsZero() {
		at = h.Snapshot.At.UnixMicro()
		setBit(p.dated, len(p.number))
	}
	p.number, p.epoch, p.seq, p.rows, p.at = append(p.number, number), append(p.epoch, h.Epoch), append(p.seq, h.Seq), append(p.rows, h.Rows), append(p.at, at)
	p.page, p.sum = append(p.page, it.id), append(p.sum, fmt.Sprintf("%x", h.Sum))
	p.source, p.table, p.stream = append(p.source, h.Source), append(p.table, h.Table), append(p.stream, h.Stream)
	p.origins, p.snapshot = append(p.origins, strings.Join(it.origins, "\x1f")), append(p.snapshot, h.Snapshot.ID)
	p.definition, p.file = append(p.definition, h.Definition), append(p.file, it.file)
}

func (p *pageColumns) batch() arrow.RecordBatch {
	return record([]string{"number", "page", "sum", "source", "source_table", "stream", "epoch", "seq", "rows", "origins", "snapshot", "snapshot_at", "definition", "file"},
		[]arrow.Array{int64s(p.number, nil), uint64s(p.page), texts(p.sum), texts(p.source), texts(p.table), texts(p.stream), int64s(p.epoch, nil), int64s(p.seq, nil), int64s(p.rows, nil),
			texts(p.origins), texts(p.snapshot), int64s(p.at, p.dated), texts(p.definition), texts(p.file)})
}

// ledgerColumns lays lines of the ledger out for one insert.
type ledgerColumns struct {
	source, table, kind []string
	page                []uint64
	counts              [11][]int64
}

func (c *ledgerColumns) add(it *item) {
	kind := "live"
	if it.replay {
		kind = "replay"
	}
	c.source, c.table, c.kind, c.page = append(c.source, it.header.Source), append(c.table, it.header.Table), append(c.kind, kind), append(c.page, it.id)
	n := &it.counts
	for i, v := range []int64{n.Read, n.Replayed, n.New, n.Changed, n.Unchanged, n.Superseded, n.Deleted, n.Quarantined, n.Filtered, n.Vanished, n.Cells} {
		c.counts[i] = append(c.counts[i], v)
	}
}

func (c *ledgerColumns) batch() arrow.RecordBatch {
	names := []string{"source", "source_table", "page", "kind", "read", "replayed", "new", "changed", "unchanged", "superseded", "deleted", "quarantined", "filtered", "vanished", "cells"}
	columns := []arrow.Array{texts(c.source), texts(c.table), uint64s(c.page), texts(c.kind)}
	for _, n := range c.counts {
		columns = append(columns, int64s(n, nil))
	}
	return record(names, columns)
}

// marks moves each stream to its last page of the batch, and notes a stop.
func (l *Loader) marks(ctx context.Context, batch []*item) error {
	conn := l.session.Conn()
	last := map[*feed]*item{}
	var order []*feed
	for _, it := range batch {
		if it.replay {
			continue
		}
		if it.stop != nil {
			if _, err := conn.ExecContext(ctx, "UPDATE store.load.stream SET stopped = ? WHERE source = ? AND stream = ?", codeOf(it.stop), it.feed.source, it.feed.table); err != nil {
				return fmt.Errorf("note stop: %w", err)
			}
			continue
		}
		if last[it.feed] == nil {
			order = append(order, it.feed)
		}
		last[it.feed] = it
	}
	for _, f := range order {
		it := last[f]
		if _, err := conn.ExecContext(ctx, "INSERT OR REPLACE INTO store.load.page_offset VALUES (?, ?, ?, ?)", f.topic, f.Table.Partition, f.logID, it.next); err != nil {
			return fmt.Errorf("write offset: %w", err)
		}
		s := it.state
		if _, err := conn.ExecContext(ctx, "INSERT OR REPLACE INTO store.load.stream VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')", f.source, f.table, f.table, s.Epoch, s.Writer, s.Seq, s.Cursor, s.Sum); err != nil {
			return fmt.Errorf("write mark: %w", err)
		}
	}
	return nil
}
