package load

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"huiliu/ingest/source"
	"huiliu/marts/store"
	"huiliu/transform/entity"
	"huiliu/transform/normalise"
)

// inlets are the views through which Arrow batches reach the store.
type inlets struct {
	rows                                             map[rowGroup]*store.Inlet
	events, records, keys, quarantine, pages, ledger *store.Inlet
}

// openInlets makes the views before any transaction begins.
func (l *Loader) openInlets() (err error) {
	view := func(name string, schema *arrow.Schema) (in *store.Inlet) {
		if err == nil {
			in, err = l.session.Inlet("inlet_"+name, schema)
		}
		return in
	}
	l.inlets = inlets{
		rows: map[rowGroup]*store.Inlet{}, events: view("events", placedSchema(normalise.EventSchema)), records: view("records", new(recordColumns).batch().Schema()),
		keys: view("keys", keyBatch(nil).Schema()), quarantine: view("quarantine", new(quarantineColumns).batch().Schema()),
		pages: view("pages", new(pageColumns).batch().Schema()), ledger: view("ledger", new(ledgerColumns).batch().Schema()),
	}
	for _, f := range l.feeds {
		for _, t := range f.entities {
			if schema := f.Transform.Schema(t); schema != nil {
				l.inlets.rows[rowGroup{f, t}] = view(fmt.Sprintf("rows_%d_%s", f.number, t.Name), placedSchema(schema))
			}
		}
	}
	return err
}

// placeFields say of each row whether it is kept, its key and where it came
// from.
var placeFields = []arrow.Field{
	{Name: "_keep", Type: arrow.FixedWidthTypes.Boolean}, {Name: "_key", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "_page", Type: arrow.PrimitiveTypes.Uint64}, {Name: "_row", Type: arrow.PrimitiveTypes.Int64},
}

func placedSchema(s *arrow.Schema) *arrow.Schema {
	return arrow.NewSchema(append(s.Fields(), placeFields...), nil)
}

// writing is one chunk of a transaction under way.
type writing struct {
	l       *Loader
	pages   []*item
	memory  map[uint64]*remembered
	changes *changes
}

// write puts a chunk of pages into the transaction.
func (l *Loader) write(ctx context.Context, chunk []*item) error {
	w := &writing{l: l, pages: live(chunk), changes: newChanges()}
	if len(w.pages) == 0 {
		return nil
	}
	err := l.onAllCores(ctx, func() (err error) {
		w.memory, err = l.lookup(ctx, w.pages)
		return err
	})
	if err != nil {
		return err
	}
	for _, it := range w.pages {
		l.classify(it, w.memory, w.changes)
		if !it.counts.Balanced() {
			return unbalanced.At(it.feed.place(it.next-1), "counts", fmt.Sprintf("%+v", it.counts))
		}
		l.known += it.counts.New
	}
	if err := l.onAllCores(ctx, func() error { return w.removeReplaced(ctx) }); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		w.addRows, w.addEvents, w.addRecords, w.endRows, w.addSeen, w.addQuarantine, w.closeSnapshots, w.bookkeep,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// onAllCores lets DuckDB use every core while fn looks through all that is
// known, where that is much; beside it, the loader's statements take one.
func (l *Loader) onAllCores(ctx context.Context, fn func() error) error {
	if l.known < manyKnown {
		return fn()
	}
	if err := l.Store.Threads(ctx, 0); err != nil {
		return err
	}
	return errors.Join(fn(), l.Store.Threads(ctx, 1))
}

// insert runs a statement that reads batches through an inlet, and releases
// them.
func (w *writing) insert(ctx context.Context, what string, in *store.Inlet, statement string, batches ...arrow.RecordBatch) error {
	in.Fill(batches...)
	defer func() {
		in.Fill()
		for _, b := range batches {
			b.Release()
		}
	}()
	return w.exec(ctx, what, statement)
}

func (w *writing) exec(ctx context.Context, what, statement string) error {
	if _, err := w.l.session.Conn().ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// removeReplaced deletes rows and records that are about to be written anew.
func (w *writing) removeReplaced(ctx context.Context) error {
	for _, t := range w.entities() {
		if err := w.deleteKeys(ctx, "load."+store.Ident(t.Name), w.changes.replaced); err != nil {
			return err
		}
	}
	records := make(map[uint64]struct{}, len(w.changes.replaced)+len(w.changes.rewritten))
	for _, set := range []map[uint64]struct{}{w.changes.replaced, w.changes.rewritten} {
		for k := range set {
			records[k] = struct{}{}
		}
	}
	return w.deleteKeys(ctx, "load.record", records)
}

func (w *writing) deleteKeys(ctx context.Context, table string, keys map[uint64]struct{}) error {
	in := w.l.inlets.keys
	return w.withKeys(ctx, "replace rows of "+table, fmt.Sprintf("DELETE FROM store.%s AS t USING %s AS k WHERE t._key = k._key", table, in.Name()), keys)
}

// withKeys runs a statement that reads a set of keys.
func (w *writing) withKeys(ctx context.Context, what, statement string, keys map[uint64]struct{}) error {
	if len(keys) == 0 {
		return nil
	}
	return w.insert(ctx, what, w.l.inlets.keys, statement, keyBatch(slices.Sorted(maps.Keys(keys))))
}

func keyBatch(keys []uint64) arrow.RecordBatch {
	return record([]string{"_key"}, []arrow.Array{uint64s(keys)})
}

// entities are the entity types that the chunk's feeds write, in catalogue
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

// rowGroup is what one statement inserts.
type rowGroup struct {
	feed   *feed
	entity *entity.Type
}

// addRows inserts the rows of all pages of a feed's entity by one statement.
func (w *writing) addRows(ctx context.Context) error {
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
			groups[g] = append(groups[g], w.withPlace(it, rows.Record, rows.Batch, it.keep))
		}
	}
	for _, g := range order {
		in := w.l.inlets.rows[g]
		list := columnList(g.feed.Transform.Schema(g.entity))
		err := w.insert(ctx, "write rows of "+g.entity.Name, in, fmt.Sprintf(`INSERT INTO store.load.%s (%s, source, source_table, _key, _page, _row)
			SELECT %s, %s, %s, _key, _page, _row FROM %s WHERE _keep`,
			store.Ident(g.entity.Name), list, list, store.Quote(g.feed.source), store.Quote(g.feed.table), in.Name()), groups[g]...)
		if err != nil {
			return err
		}
	}
	return nil
}

func columnList(s *arrow.Schema) string {
	var out []string
	for _, f := range s.Fields() {
		out = append(out, store.Ident(f.Name))
	}
	return strings.Join(out, ", ")
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
func (w *writing) addEvents(ctx context.Context) error {
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
		bySource[it.feed.source] = append(bySource[it.feed.source], b)
	}
	for _, source := range order {
		in := w.l.inlets.events
		statement := fmt.Sprintf(`INSERT INTO store.load.event (_event, id, entity, event, source, happened_at, happened_on, _key, _page)
			SELECT _event, id, entity, event, %s, happened_at, happened_on, _key, _page FROM %s v WHERE _keep`, store.Quote(source), in.Name())
		add := func() error { return w.insert(ctx, "write events", in, statement, bySource[source]...) }
		var err error
		if known {
			statement += " AND NOT EXISTS (SELECT 1 FROM store.load.event e WHERE e._event = v._event)"
			err = w.l.onAllCores(ctx, add)
		} else {
			err = add()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endRows marks the rows of deleted records as ended.
func (w *writing) endRows(ctx context.Context) error {
	for _, t := range w.entities() {
		statement := fmt.Sprintf("UPDATE store.load.%s AS t SET _deleted = %s FROM %s AS k WHERE t._key = k._key", store.Ident(t.Name), w.l.asOf(), w.l.inlets.keys.Name())
		if err := w.withKeys(ctx, "end rows of "+t.Name, statement, w.changes.ended); err != nil {
			return err
		}
	}
	return nil
}

func (l *Loader) asOf() string { return "DATE " + store.Quote(l.AsOf.Format("2006-01-02")) }

// addSeen notes the keys of snapshots that are being read, so that what is
// absent can be told when they are complete.
func (w *writing) addSeen(ctx context.Context) error {
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
		in := w.l.inlets.keys
		statement := fmt.Sprintf("INSERT INTO store.load.seen SELECT %d, %s, _key FROM %s", g.feed.number, store.Quote(g.snapshot), in.Name())
		if err := w.insert(ctx, "note snapshot's keys", in, statement, keyBatch(keys[g])); err != nil {
			return err
		}
	}
	return nil
}

// addQuarantine writes what could not be loaded, sealed, with its place and
// reason.
func (w *writing) addQuarantine(ctx context.Context) error {
	var q quarantineColumns
	for _, it := range w.pages {
		if it.replay {
			// What a replay finds bad it says anew; what is well now leaves.
			statement := fmt.Sprintf("DELETE FROM store.load.quarantine WHERE page = %d AND kind <> 'reject' AND %s", it.id, positionsOf(it.only))
			if err := w.exec(ctx, "drop replayed quarantine entries", statement); err != nil {
				return err
			}
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
	// A page that is loaded again, or replayed, finds its entries there.
	if err := w.exec(ctx, "drop quarantine entries that come again", "DELETE FROM store.load.quarantine WHERE id IN ("+q.idList()+")"); err != nil {
		return err
	}
	in := w.l.inlets.quarantine
	return w.insert(ctx, "write quarantine", in, fmt.Sprintf(`INSERT INTO store.load.quarantine (id, source, source_table, kind, code, field, cause, mend, origin, origin_row, origin_offset, size, bytes, page, position, run, state)
		SELECT id, source, source_table, kind, code, nullif(field, ''), cause, mend, origin, origin_row, origin_offset, size, bytes, page, position, %s, 'open' FROM %s`, store.Quote(w.l.Run), in.Name()), q.batch())
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
