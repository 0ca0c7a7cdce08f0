package load

import (
	"context"
	"fmt"
	"strings"

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
	for _, it := range w.pages {
		f := it.feed
		if f.Table.Change != source.Snapshot || it.replay {
			continue
		}
		f.snap.follow(it)
		if !it.header.Snapshot.End {
			continue
		}
		why, err := w.incomplete(ctx, it)
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
		if _, err := w.l.session.Conn().ExecContext(ctx, fmt.Sprintf("DELETE FROM store.load.seen WHERE feed = %d", f.number)); err != nil {
			return fmt.Errorf("forget snapshot's keys: %w", err)
		}
		f.snap = snapshotRead{}
		f.latest = max(f.latest, snapshotMicros(&it.header))
	}
	return nil
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
func (w *writing) incomplete(ctx context.Context, it *item) (string, error) {
	// Pages of this snapshot that an earlier process committed count too.
	var read, bad, later int64
	err := w.l.session.Conn().QueryRowContext(ctx, `SELECT
		(SELECT coalesce(sum(l.read), 0) FROM store.load.ledger l JOIN store.load.page p USING (page) WHERE p.source = ?1 AND p.source_table = ?2 AND p.snapshot = ?3 AND l.kind = 'live')::BIGINT,
		(SELECT count(*) FROM store.load.quarantine q JOIN store.load.page p USING (page) WHERE p.source = ?1 AND p.source_table = ?2 AND p.snapshot = ?3 AND (q.kind = 'reject' OR q.code = 'key_missing')),
		(SELECT count(*) FROM store.load.page p WHERE p.source = ?1 AND p.source_table = ?2 AND p.snapshot_at > ?4)`,
		it.feed.source, it.feed.table, it.header.Snapshot.ID, it.header.Snapshot.At.UTC()).Scan(&read, &bad, &later)
	if err != nil {
		return "", fmt.Errorf("read snapshot's pages: %w", err)
	}
	read, bad = read+it.feed.snap.read, bad+it.feed.snap.unknown
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

// bookkeep writes offsets, marks, pages, ledger and quarantine.
func (w *writing) bookkeep(ctx context.Context) error {
	if err := w.marks(ctx); err != nil {
		return err
	}
	for _, it := range w.pages {
		if err := w.page(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// marks moves each stream to its last page of the batch, and notes a stop.
func (w *writing) marks(ctx context.Context) error {
	conn := w.l.session.Conn()
	last := map[*feed]*item{}
	var order []*feed
	for _, it := range w.batch {
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

func (w *writing) page(ctx context.Context, it *item) error {
	conn, h, l := w.l.session.Conn(), &it.header, w.l
	kind := "live"
	if it.replay {
		kind = "replay"
	} else {
		l.pages++
		var at any
		if !h.Snapshot.At.IsZero() {
			at = h.Snapshot.At.UTC()
		}
		_, err := conn.ExecContext(ctx, "INSERT INTO store.load.page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, string_split(?, chr(31)), ?, ?, ?, ?, ?, ?)",
			l.pages, fmt.Sprint(it.id), fmt.Sprintf("%x", h.Sum), h.Source, h.Table, h.Stream, h.Epoch, h.Seq, h.Rows, strings.Join(it.origins, "\x1f"), h.Snapshot.ID, at, h.Definition, it.file, l.Run, l.Now().UTC())
		if err != nil {
			return fmt.Errorf("book page: %w", err)
		}
	}
	c := &it.counts
	_, err := conn.ExecContext(ctx, "INSERT INTO store.load.ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		h.Source, h.Table, l.Run, fmt.Sprint(it.id), kind, c.Read, c.Replayed, c.New, c.Changed, c.Unchanged, c.Superseded, c.Deleted, c.Quarantined, c.Filtered, c.Vanished, c.Cells)
	if err != nil {
		return fmt.Errorf("book ledger: %w", err)
	}
	return nil
}
