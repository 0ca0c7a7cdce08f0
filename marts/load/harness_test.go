package load

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"

	"huiliu/ingest/broker"
	"huiliu/ingest/connector"
	"huiliu/ingest/page"
	"huiliu/ingest/pull"
	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/internal/seal"
	"huiliu/marts/store"
	"huiliu/transform/entity"
	"huiliu/transform/normalise"
)

// memoryLog is a broker in memory whose log a test can cut, forget and forge.
type memoryLog struct {
	mu    sync.Mutex
	id    string
	start map[string]int64
	logs  map[string][]broker.Message
	// meanwhile is done once, when the bounds of a source's topic are asked for.
	meanwhile func()
}

func newLog(id string) *memoryLog {
	return &memoryLog{id: id, start: map[string]int64{}, logs: map[string][]broker.Message{}}
}

func key(topic string, partition int) string { return topic + "/" + strconv.Itoa(partition) }

func (m *memoryLog) EnsureTopic(context.Context, string, int) error { return nil }
func (m *memoryLog) LogID(context.Context, string) (string, error)  { return m.id, nil }
func (m *memoryLog) Trim(context.Context, string, int, int64) error { return nil }
func (m *memoryLog) Bounds(_ context.Context, topic string, partition int) (int64, int64, error) {
	if do := m.meanwhile; do != nil && topic != page.AckTopic("site") {
		m.meanwhile = nil
		do()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := key(topic, partition)
	return m.start[k], int64(len(m.logs[k])), nil
}

func (m *memoryLog) Produce(_ context.Context, topic string, partition int, msg broker.Message) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := key(topic, partition)
	msg.Offset = int64(len(m.logs[k]))
	m.logs[k] = append(m.logs[k], msg)
	return msg.Offset, nil
}

func (m *memoryLog) Fetch(_ context.Context, topic string, partition int, offset int64, wait time.Duration) (broker.Batch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := key(topic, partition)
	log := m.logs[k]
	if offset < m.start[k] || offset > int64(len(log)) {
		return broker.Batch{}, broker.ErrOffsetGone
	}
	return broker.Batch{Messages: log[offset:min(int64(len(log)), offset+3)], HighWater: int64(len(log)), LogStart: m.start[k]}, nil
}

// cut removes messages from the front, as a retention nobody wanted would.
func (m *memoryLog) cut(topic string, before int64) {
	m.start[key(topic, 0)] = before
}

// listConnector reads records that a test put into a list.
type listConnector struct {
	rows [][2]string // id, name; a name of ! is a deletion, an id of ? a reject
	size int
	fail int // Next fails this many times
	snap func() page.Snapshot
}

func (c *listConnector) Check(context.Context) error { return nil }
func (c *listConnector) Close() error                { return nil }
func (c *listConnector) Open(_ context.Context, r connector.Request) (connector.Reader, error) {
	at := 0
	if r.Cursor != "" {
		at, _ = strconv.Atoi(r.Cursor)
	}
	if c.snap != nil {
		at = 0
	}
	return &listReader{c: c, at: at}, nil
}

type listReader struct {
	c  *listConnector
	at int
}

func (r *listReader) Close() error { return nil }
func (r *listReader) Next(_ context.Context, b *page.Builder) (connector.Progress, error) {
	if r.c.fail > 0 {
		r.c.fail--
		return connector.Progress{}, fmt.Errorf("the line went dead")
	}
	b.Origin("list")
	id, name := b.Column("id", page.Text), b.Column("name", page.Text)
	read := int64(0)
	for ; r.at < len(r.c.rows) && b.Len() < r.c.size; r.at++ {
		row := r.c.rows[r.at]
		read++
		switch {
		case row[0] == "?":
			b.Reject(page.Reject{Place: page.Place{Origin: "list", Row: int64(r.at + 1), Offset: -1}, Code: "broken", Cause: "it is broken", Mend: "mend it", Raw: []byte(row[1])})
			continue
		case row[1] == "!":
			b.Text(id, []byte(row[0]))
			b.End(page.Delete, int64(r.at+1), -1)
			continue
		}
		b.Text(id, []byte(row[0]))
		b.Text(name, []byte(row[1]))
		b.End(page.Upsert, int64(r.at+1), -1)
	}
	p := connector.Progress{Cursor: strconv.Itoa(r.at), Read: read, Snapshot: page.Snapshot{Count: -1}, Done: r.at >= len(r.c.rows)}
	if r.c.snap != nil {
		p.Snapshot = r.c.snap()
		p.Snapshot.End = p.Done
	}
	return p, nil
}

// plainTransform makes taxonomy rows of id and name: x is filtered, bad is
// refused, 5@name is name in version 5.
type plainTransform struct{ version uint64 }

func (t plainTransform) Version() uint64 { return t.version }

func (t plainTransform) Schema(*entity.Type) *arrow.Schema {
	return plainRows(nil, nil, nil).Schema()
}

func (t plainTransform) Apply(b *page.Batch, _ normalise.Verdict) (*normalise.Output, error) {
	out := &normalise.Output{}
	var ids, codes, names []string
	var positions []int32
	var eventIDs []uint64
	for i := range b.Len() {
		id, name := string(b.Column(0).AppendText(nil, i)), string(b.Column(1).AppendText(nil, i))
		r := normalise.Record{Key: xxh3.HashString(id), Check: uint64(len(id))}
		if version, rest, ok := strings.Cut(name, "@"); ok {
			name, r.HasVersion = rest, true
			r.Version, _ = strconv.ParseInt(version, 10, 64)
		}
		switch {
		case b.Op(i) == page.Delete:
			r.Fate = normalise.Delete
		case name == "x":
			r.Fate = normalise.Filtered
		case name == "bad" && t.version == 1:
			r.Fate = normalise.Quarantined
			out.Bad = append(out.Bad, normalise.Bad{Record: i, Code: "bad_name", Cause: "the name is bad", Mend: "choose another"})
		default:
			ids, codes, names = append(ids, "src.t:"+id), append(codes, id), append(names, name)
			positions = append(positions, int32(i))
			eventIDs = append(eventIDs, xxh3.HashString(id+name))
		}
		out.Records = append(out.Records, r)
	}
	out.Rows = []normalise.Rows{{Entity: entity.Find("taxonomy"), Record: positions, Batch: plainRows(ids, codes, names)}}
	out.EventRecord = positions
	happened := fixed(arrow.FixedWidthTypes.Date32, len(ids), make([]byte, 4*len(ids)), nil)
	at := fixed(&arrow.TimestampType{Unit: arrow.Microsecond}, len(ids), make([]byte, 8*len(ids)), nil)
	entities, kinds := make([]string, len(ids)), make([]string, len(ids))
	for i := range ids {
		entities[i], kinds[i] = "taxonomy", "named "+names[i]
	}
	out.Events = record([]string{"id", "entity", "event", "happened_at", "happened_on", "_event"},
		[]arrow.Array{texts(ids), texts(entities), texts(kinds), at, happened, uint64s(eventIDs)})
	return out, nil
}

func plainRows(ids, codes, names []string) arrow.RecordBatch {
	columns := []arrow.Array{texts(ids)}
	header := []string{"id"}
	for _, c := range entity.Find("taxonomy").Columns() {
		header = append(header, c.Name)
		switch c.Name {
		case "code":
			columns = append(columns, texts(codes))
		case "name":
			columns = append(columns, texts(names))
		case "level":
			columns = append(columns, int64s(make([]int64, len(ids)), make([]byte, (len(ids)+7)/8)))
		case "valid_from":
			columns = append(columns, fixed(arrow.FixedWidthTypes.Date32, len(ids), make([]byte, 4*len(ids)), make([]byte, (len(ids)+7)/8)))
		default:
			columns = append(columns, texts(make([]string, len(ids))))
		}
	}
	return record(append(header, "_sealed"), append(columns, blobs(make([][]byte, len(ids)))))
}

type openContract struct{ freeze error }

func (c openContract) Check(*page.Batch) normalise.Verdict {
	return normalise.Verdict{Freeze: c.freeze}
}

// harness is a store, a log and one source with one table.
type harness struct {
	t         *testing.T
	dir       string
	log       *memoryLog
	box       *seal.Box
	def       *source.Definition
	connector *listConnector
	transform plainTransform
	contract  openContract
	asOf      time.Time
	runs      int
}

func newHarness(t *testing.T, change string) *harness {
	t.Helper()
	box, err := seal.NewBox(seal.AES, bytes.Repeat([]byte{1}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("id: src\nconnector: list\ntables:\n  - {name: t, change: " + change + ", key: [id], maps: [{entity: taxonomy, fields: {code: id, name: name}}]}\n")
	s, err := conf.Parse("test.yaml", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	def, err := source.Parse(s, text, conf.Section{})
	if err != nil {
		t.Fatal(err)
	}
	return &harness{t: t, dir: t.TempDir(), log: newLog("log-1"), box: box, def: def, connector: &listConnector{size: 2}, transform: plainTransform{1}, asOf: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// open opens store and loader.
func (h *harness) open() (*store.Store, *Loader) {
	h.t.Helper()
	s, err := store.Open(context.Background(), h.dir, store.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.runs++
	l, err := Open(context.Background(), Options{
		Store: s, Broker: h.log, Box: h.box, Site: "site", Run: fmt.Sprint("run-", h.runs), AsOf: h.asOf, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Feeds: []Feed{{Definition: h.def, Table: &h.def.Tables[0], Transform: h.transform, Contract: h.contract}},
	})
	if err != nil {
		s.Close()
		h.t.Fatal(err)
	}
	return s, l
}

// pull runs the source once.
func (h *harness) pull() error {
	return pull.Run(context.Background(), pull.Options{
		Broker: h.log, Box: h.box, Site: "site", Run: fmt.Sprint("run-", h.runs), Log: slog.New(slog.DiscardHandler), Now: time.Now, AckWait: time.Second,
		Sources: []pull.Source{{Definition: h.def, Connector: h.connector}},
	})[0].Err
}

// run pulls rows and loads them; it returns the run's ledger and problems.
func (h *harness) run(rows ...[2]string) (Counts, []error) {
	h.t.Helper()
	h.connector.rows = rows
	s, l := h.open()
	defer s.Close()
	defer l.Close()
	if err := h.pull(); err != nil {
		h.t.Fatal(err)
	}
	return h.drain(l)
}

func (h *harness) drain(l *Loader) (Counts, []error) {
	h.t.Helper()
	done := make(chan struct{})
	close(done)
	if err := l.Drain(context.Background(), done); err != nil {
		h.t.Fatal(err)
	}
	return l.Ledger()[0].Counts, l.Problems()
}

// rows lists code=name of the rows that live, in order.
func (h *harness) rows() string {
	return h.text("SELECT code || '=' || name FROM store.load.taxonomy WHERE _deleted IS NULL ORDER BY code")
}

func (h *harness) text(query string) string {
	h.t.Helper()
	s, err := store.Open(context.Background(), h.dir, store.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	defer s.Close()
	rows, err := s.DB().Query(query)
	if err != nil {
		h.t.Fatal(err)
	}
	defer rows.Close()
	out := ""
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			h.t.Fatal(err)
		}
		if out != "" {
			out += " "
		}
		out += v
	}
	return out
}
