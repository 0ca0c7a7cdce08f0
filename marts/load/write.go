package load

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"huiliu/ingest/source"
	"huiliu/marts/store"
	"huiliu/transform/entity"
)

// writing is one transaction under way: the Arrow views are registered before
// it begins, since a view is a write to another database.
type writing struct {
	l       *Loader
	batch   []*item
	pages   []*item
	memory  map[uint64]*remembered
	changes *changes

	views      []func()
	batches    []arrow.RecordBatch
	statements []statement
}

// statement is one step of the transaction, in order.
type statement struct{ what, sql string }

func (w *writing) release() {
	for _, drop := range w.views {
		drop()
	}
	for _, b := range w.batches {
		b.Release()
	}
}

// view registers batches under a fresh name and returns it.
func (w *writing) view(batches ...arrow.RecordBatch) (string, error) {
	name := fmt.Sprintf("batch_%d", len(w.views))
	drop, err := w.l.session.Register(name, batches)
	if err != nil {
		return "", err
	}
	w.views = append(w.views, drop)
	return name, nil
}

// own keeps a batch until the transaction is over.
func (w *writing) own(b arrow.RecordBatch) arrow.RecordBatch {
	w.batches = append(w.batches, b)
	return b
}

func (w *writing) add(what, format string, args ...any) {
	w.statements = append(w.statements, statement{what, fmt.Sprintf(format, args...)})
}

// prepare turns the decided batch into views and statements.
func (w *writing) prepare() error {
	steps := []func() error{w.removeReplaced, w.addRows, w.addEvents, w.addRecords, w.endRows, w.addSeen, w.addQuarantine}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (w *writing) write(ctx context.Context) error {
	conn := w.l.session.Conn()
	for _, s := range w.statements {
		if _, err := conn.ExecContext(ctx, s.sql); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	if err := w.closeSnapshots(ctx); err != nil {
		return err
	}
	return w.bookkeep(ctx)
}

// removeReplaced deletes rows and records that are about to be written anew.
func (w *writing) removeReplaced() error {
	for _, t := range w.entities() {
		if err := w.deleteKeys("load."+store.Ident(t.Name), w.changes.replaced); err != nil {
			return err
		}
	}
	records := make(map[uint64]struct{}, len(w.changes.replaced)+len(w.changes.rewritten))
	for _, set := range []map[uint64]struct{}{w.changes.replaced, w.changes.rewritten} {
		for k := range set {
			records[k] = struct{}{}
		}
	}
	return w.deleteKeys("load.record", records)
}

func (w *writing) deleteKeys(table string, keys map[uint64]struct{}) error {
	if len(keys) == 0 {
		return nil
	}
	view, err := w.keys(keys)
	if err != nil {
		return err
	}
	w.add("replace rows of "+table, "DELETE FROM store.%s AS t USING %s AS k WHERE t._key = k._key", table, view)
	return nil
}

func (w *writing) keys(keys map[uint64]struct{}) (string, error) {
	list := make([]uint64, 0, len(keys))
	for k := range keys {
		list = append(list, k)
	}
	slices.Sort(list)
	return w.view(w.own(record([]string{"_key"}, []arrow.Array{uint64s(list)})))
}

// entities are the entity types that the batch's feeds write, in catalogue
// order.
func (w *writing) entities() []*entity.Type {
	var out []*entity.Type
	for i := range entity.Types {
		t := &entity.Types[i]
		if slices.ContainsFunc(w.pages, func(it *item) bool { return slices.Contains(it.feed.entities, t) }) {
			out = append(out, t)
		}
	}
	return out
}

type rowGroup struct {
	feed   *feed
	entity *entity.Type
}

// addRows inserts the rows of all pages of a feed's entity by one statement.
func (w *writing) addRows() error {
	groups := map[rowGroup][]arrow.RecordBatch{}
	var order []rowGroup
	for _, it := range w.pages {
		if it.out == nil {
			continue
		}
		for i := range it.out.Rows {
			rows := &it.out.Rows[i]
			if len(rows.Record) == 0 || !slices.Contains(it.keep, true) {
				continue
			}
			g := rowGroup{it.feed, rows.Entity}
			if groups[g] == nil {
				order = append(order, g)
			}
			groups[g] = append(groups[g], w.own(w.withPlace(it, rows.Record, rows.Batch, it.keep)))
		}
	}
	for _, g := range order {
		view, err := w.view(groups[g]...)
		if err != nil {
			return err
		}
		var columns []string
		for _, c := range g.entity.Columns() {
			columns = append(columns, store.Ident(c.Name))
		}
		list := strings.Join(columns, ", ")
		w.add("write rows of "+g.entity.Name, `INSERT INTO store.load.%s (id, source, source_table, %s, _key, _page, _row, _deleted, _sealed)
			SELECT id, %s, %s, %s, _key, _page, _row, NULL, _sealed FROM %s WHERE _keep`,
			store.Ident(g.entity.Name), list, store.Quote(g.feed.source), store.Quote(g.feed.table), list, view)
	}
	return nil
}

// withPlace adds to a batch of rows where each came from and whether it is to
// be kept.
func (w *writing) withPlace(it *item, positions []int32, rows arrow.RecordBatch, keep []bool) arrow.RecordBatch {
	n := len(positions)
	kept, keys, pages, places := make([]bool, n), make([]uint64, n), make([]uint64, n), make([]int64, n)
	for i, at := range positions {
		kept[i], keys[i], pages[i], places[i] = keep[at], it.out.Records[at].Key, it.id, it.places[at]
	}
	names, columns := columnsOf(rows)
	names = append(names, "_keep", "_key", "_page", "_row")
	return record(names, append(columns, bools(kept), uint64s(keys), uint64s(pages), int64s(places, nil)))
}

func columnsOf(b arrow.RecordBatch) (names []string, columns []arrow.Array) {
	for i, c := range b.Columns() {
		c.Retain()
		names, columns = append(names, b.ColumnName(i)), append(columns, c)
	}
	return names, columns
}

// addEvents adds what happened; an event that is known already, since the
// record came before in another state, is not added twice.
func (w *writing) addEvents() error {
	bySource := map[string][]arrow.RecordBatch{}
	var order []string
	known := len(w.changes.replaced) > 0 || w.changes.repeated
	met := map[uint64]bool{}
	for _, it := range w.pages {
		if it.out == nil || it.out.Events == nil || it.out.Events.NumRows() == 0 {
			continue
		}
		keep := it.event
		b := w.withPlace(it, it.out.EventRecord, it.out.Events, keep)
		if w.changes.repeated {
			b = dropRepeats(b, met)
		}
		if bySource[it.feed.source] == nil {
			order = append(order, it.feed.source)
		}
		bySource[it.feed.source] = append(bySource[it.feed.source], w.own(b))
	}
	for _, source := range order {
		view, err := w.view(bySource[source]...)
		if err != nil {
			return err
		}
		condition := ""
		if known {
			condition = "AND NOT EXISTS (SELECT 1 FROM store.load.event e WHERE e._event = v._event)"
		}
		w.add("write events", `INSERT INTO store.load.event (_event, id, entity, event, source, happened_at, happened_on, _key, _page)
			SELECT _event, id, entity, event, %s, happened_at, happened_on, _key, _page FROM %s v WHERE _keep %s`, store.Quote(source), view, condition)
	}
	return nil
}

// addRecords writes what the store must remember of each record that is now
// the last of its key.
func (w *writing) addRecords() error {
	var m recordColumns
	for _, it := range w.pages {
		for i := range it.hashes {
			key := it.out.Records[i].Key
			if r := w.memory[key]; r != nil && r.item == it && r.position == i {
				m.add(key, it.feed.number, r)
			}
		}
	}
	if len(m.key) == 0 {
		return nil
	}
	view, err := w.view(w.own(m.batch()))
	if err != nil {
		return err
	}
	w.add("remember records", `INSERT INTO store.load.record (_key, _check, feed, hash_hi, hash_lo, version, snapshot, transform, deleted, page)
		SELECT _key, _check, feed, hash_hi, hash_lo, version, nullif(snapshot, 0), transform, deleted, page FROM %s`, view)
	return nil
}

type recordColumns struct {
	key, check, hi, lo, transform, page []uint64
	feed                                []int32
	version, snapshot                   []int64
	hasVersion, deleted                 []bool
}

func (m *recordColumns) add(key uint64, feed int32, r *remembered) {
	m.key, m.check, m.hi, m.lo = append(m.key, key), append(m.check, r.check), append(m.hi, r.hash.Hi), append(m.lo, r.hash.Lo)
	m.transform, m.page, m.feed = append(m.transform, r.transform), append(m.page, r.page), append(m.feed, feed)
	m.version, m.snapshot = append(m.version, r.version), append(m.snapshot, r.snapshot)
	m.hasVersion, m.deleted = append(m.hasVersion, r.hasVersion), append(m.deleted, r.deleted)
}

func (m *recordColumns) batch() arrow.RecordBatch {
	valid := make([]byte, (len(m.key)+7)/8)
	for i, ok := range m.hasVersion {
		if ok {
			setBit(valid, i)
		}
	}
	return record([]string{"_key", "_check", "feed", "hash_hi", "hash_lo", "version", "snapshot", "transform", "deleted", "page"},
		[]arrow.Array{uint64s(m.key), uint64s(m.check), int32s(m.feed), uint64s(m.hi), uint64s(m.lo), int64s(m.version, valid),
			int64s(m.snapshot, nil), uint64s(m.transform), bools(m.deleted), uint64s(m.page)})
}

// endRows marks the rows of deleted records as ended.
func (w *writing) endRows() error {
	if len(w.changes.ended) == 0 {
		return nil
	}
	for _, t := range w.entities() {
		view, err := w.keys(w.changes.ended)
		if err != nil {
			return err
		}
		w.add("end rows of "+t.Name, "UPDATE store.load.%s AS t SET _deleted = %s FROM %s AS k WHERE t._key = k._key", store.Ident(t.Name), w.l.asOf(), view)
	}
	return nil
}

func (l *Loader) asOf() string { return "DATE " + store.Quote(l.AsOf.Format("2006-01-02")) }

// addSeen notes the keys of snapshots that are being read, so that what is
// absent can be told when they are complete.
func (w *writing) addSeen() error {
	type group struct {
		feed     *feed
		snapshot string
	}
	keys := map[group][]uint64{}
	var order []group
	for _, it := range w.pages {
		if it.feed.Table.Change != source.Snapshot || it.replay || it.out == nil {
			continue
		}
		g := group{it.feed, it.header.Snapshot.ID}
		if keys[g] == nil {
			order = append(order, g)
		}
		for i := range it.out.Records {
			keys[g] = append(keys[g], it.out.Records[i].Key)
		}
	}
	for _, g := range order {
		view, err := w.view(w.own(record([]string{"_key"}, []arrow.Array{uint64s(keys[g])})))
		if err != nil {
			return err
		}
		w.add("note snapshot's keys", "INSERT INTO store.load.seen SELECT %d, %s, _key FROM %s", g.feed.number, store.Quote(g.snapshot), view)
	}
	return nil
}

// addQuarantine writes what could not be loaded, sealed, with its place and
// reason.
func (w *writing) addQuarantine() error {
	var q quarantineColumns
	for _, it := range w.pages {
		if it.replay {
			// What a replay finds bad it says anew; what is well now leaves.
			w.add("drop replayed quarantine entries", "DELETE FROM store.load.quarantine WHERE page = %d AND kind <> 'reject' AND %s", it.id, positionsOf(it.only))
		}
		for i := range it.bad {
			if it.only == nil || it.only[int(it.bad[i].position)] {
				q.add(it, &it.bad[i])
			}
		}
	}
	if len(q.id) == 0 {
		return nil
	}
	view, err := w.view(w.own(q.batch()))
	if err != nil {
		return err
	}
	// A page that is loaded again, or replayed, finds its entries there.
	w.add("drop quarantine entries that come again", "DELETE FROM store.load.quarantine WHERE id IN (%s)", q.idList())
	w.add("write quarantine", `INSERT INTO store.load.quarantine (id, source, source_table, kind, code, field, cause, mend, origin, origin_row, origin_offset, size, bytes, page, position, run, state)
		SELECT id, source, source_table, kind, code, nullif(field, ''), cause, mend, origin, origin_row, origin_offset, size, bytes, page, position, %s, 'open' FROM %s`, store.Quote(w.l.Run), view)
	return nil
}

func positionsOf(only map[int]bool) string {
	if only == nil {
		return "true"
	}
	list := make([]string, 0, len(only))
	for i := range only {
		list = append(list, fmt.Sprint(i))
	}
	slices.Sort(list)
	return "position IN (" + strings.Join(list, ", ") + ")"
}
