package source_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/transform/normalise"
	"huiliu/transform/privacy"
)

// outcome is what became of one table's testdata/raw, in a form to read.
type outcome struct {
	// Snapshots are those declared complete, with the count they gave.
	Snapshots []string `json:"snapshots,omitempty"`
	// Records tells each record's fate other than load, by its place.
	Fates map[string]string `json:"fates,omitempty"`
	// Rejects and Bad are what goes to the quarantine.
	Rejects []string `json:"rejects,omitempty"`
	Bad     []string `json:"bad,omitempty"`
	// Rows by entity and map name; columns without a value, pseudonyms and
	// the coarser cells are left out.
	Rows   map[string][]map[string]any `json:"rows,omitempty"`
	Events []string                    `json:"events,omitempty"`
}

var fates = map[normalise.Fate]string{normalise.Delete: "deleted", normalise.Filtered: "filtered", normalise.Quarantined: "quarantined"}

// read takes a table through connector, contract and map.
func read(t *testing.T, def *source.Definition, table *source.Table, c connector.Connector) *outcome {
	t.Helper()
	keys := keeper(t)
	transform, err := normalise.Compile(def, table, site, keys)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	contract := normalise.CompileContract(table)
	reader, err := c.Open(context.Background(), connector.Request{Table: table, Name: "read"})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer reader.Close()
	out := &outcome{Fates: map[string]string{}, Rows: map[string][]map[string]any{}}
	b := page.NewBuilder()
	for done := false; !done; {
		b.Reset()
		progress, err := reader.Next(context.Background(), b)
		if err != nil {
			t.Fatalf("next: %v", err)
		}
		if done = progress.Done; progress.Snapshot.End && table.Change == source.Snapshot {
			out.Snapshots = append(out.Snapshots, fmt.Sprintf("%s, %d rows by its own count", day(progress.Snapshot.At), progress.Snapshot.Count))
		}
		if !b.Empty() {
			out.page(t, b, transform, contract, keys)
		}
	}
	return out
}

func day(at time.Time) string {
	if at.IsZero() {
		return "no day"
	}
	return at.Format(time.DateOnly)
}

func (o *outcome) page(t *testing.T, b *page.Builder, transform *normalise.Transform, contract *normalise.Contract, keys *privacy.Keeper) {
	t.Helper()
	payload, err := b.Encode(&page.Header{})
	if err != nil {
		t.Fatal(err)
	}
	batch, rejects, err := page.Decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	for _, r := range rejects {
		o.Rejects = append(o.Rejects, fmt.Sprintf("%s: %s", where(r.Place), r.Code))
	}
	verdict := contract.Check(batch)
	made, err := transform.Apply(batch, verdict)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	defer made.Release()
	for i, r := range made.Records {
		if name, ok := fates[r.Fate]; ok {
			o.Fates[where(batch.Place(i))] = name
		}
	}
	for _, list := range [][]normalise.Bad{verdict.Rows, verdict.Cells, made.Bad} {
		for _, bad := range list {
			o.Bad = append(o.Bad, strings.TrimSpace(fmt.Sprintf("%s: %s %s %s", where(batch.Place(bad.Record)), bad.Code, bad.Field, bad.Value)))
		}
	}
	for _, rows := range made.Rows {
		name := rows.Map.Entity
		if rows.Map.Name != "" {
			name += "#" + rows.Map.Name
		}
		for i := range int(rows.Batch.NumRows()) {
			o.Rows[name] = append(o.Rows[name], row(t, rows.Batch, i, keys))
		}
	}
	o.events(made.Events)
}

func (o *outcome) events(events arrow.RecordBatch) {
	if events == nil {
		return
	}
	for i := range int(events.NumRows()) {
		when := events.Column(4).ValueStr(i)
		if at := events.Column(3).(*array.Timestamp); at.IsValid(i) {
			when = time.UnixMicro(int64(at.Value(i))).UTC().Format(time.RFC3339)
		}
		o.Events = append(o.Events, fmt.Sprintf("%s %s %s", events.Column(0).ValueStr(i), events.Column(2).ValueStr(i), when))
	}
}

// where names a place; a SQL table is its own.
func where(p page.Place) string {
	if p.Origin == "" {
		return fmt.Sprint(p.Row)
	}
	return fmt.Sprintf("%s:%d", p.Origin, p.Row)
}

// row is one row with its values; what is sealed is opened, since all persons
// here are invented.
func row(t *testing.T, batch arrow.RecordBatch, i int, keys *privacy.Keeper) map[string]any {
	t.Helper()
	out := map[string]any{}
	for c, col := range batch.Columns() {
		name := batch.ColumnName(c)
		if col.IsNull(i) || strings.HasSuffix(name, "_token") || name == "h3_7" || name == "h3_8" {
			continue
		}
		switch v := col.(type) {
		case *array.Timestamp:
			out[name] = time.UnixMicro(int64(v.Value(i))).UTC().Format(time.RFC3339)
		case *array.Float64:
			out[name] = fmt.Sprintf("%.6f", v.Value(i))
		case *array.Binary:
			fields, err := keys.OpenRow(out["id"].(string), v.Value(i))
			if err != nil {
				t.Fatalf("%s: %v", out["id"], err)
			}
			clear := map[string]string{}
			for _, f := range fields {
				clear[f.Name] = f.Value
			}
			out["sealed"] = clear
		default:
			out[name] = col.ValueStr(i)
		}
	}
	return out
}
