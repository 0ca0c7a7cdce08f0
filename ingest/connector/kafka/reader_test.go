package kafka

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/internal/fault"
)

func show(items []connectortest.Item) string {
	var out []string
	for _, it := range items {
		delete(it.Values, "$timestamp")
		delete(it.Values, "$partition")
		delete(it.Values, "$offset")
		switch {
		case it.Reject != "":
			out = append(out, fmt.Sprintf("!%s %s %q", it.Reject, it.Place, it.Raw))
		case it.Op == page.Delete:
			out = append(out, fmt.Sprintf("-%v %s", it.Values, it.Place))
		default:
			out = append(out, fmt.Sprintf("%v %s", it.Values, it.Place))
		}
	}
	return strings.Join(out, "\n")
}

func TestMessages(t *testing.T) {
	d := openDepartment(t, fakeCluster(t).ListenAddrs())
	topic := d.topic(1)
	d.send(topic, 0, "a", `{"id":"a","n":1}`)
	d.send(topic, 0, "b", `{"n":2}`)             // the key is its id
	d.send(topic, 0, "a", "")                    // deletes a
	d.send(topic, 0, "", "")                     // of nothing
	d.send(topic, 0, `{"id":"c","part":7}`, "")  // a key of two fields
	d.send(topic, 0, "d", `{"n":`)               // cut
	d.send(topic, 0, "e", `[1]`)                 // no object
	d.send(topic, 0, "f", `{"id":"g","n":null}`) // its own id counts
	d.send(topic, 0, `"a\"b"`, "")               // a key that a JSON serializer wrote
	d.send(topic, 0, `"a`, "")                   // no JSON, so the text itself
	items := connectortest.Read(t, New, d.define(topic, ""), &connectortest.Keeper{})
	want := strings.ReplaceAll(`map[id:a n:1] T/0:1@0
map[id:b n:2] T/0:2@1
-map[id:a] T/0:3@2
-map[id:c part:7] T/0:5@4
map[id:g] T/0:8@7
-map[id:a"b] T/0:9@8
-map[id:"a] T/0:10@9
!kafka_no_key T/0:4@3 ""
!json_cut T/0:6@5 "{\"n\":"
!json_not_object T/0:7@6 "[1]"`, "T", topic)
	if d := cmp.Diff(want, show(items)); d != "" {
		t.Error(d)
	}
}

func readOnce(t *testing.T, def *source.Definition, cursor string) (string, connector.Progress, error) {
	t.Helper()
	c, err := New(def, connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, err := c.Open(context.Background(), connector.Request{Table: &def.Tables[0], Cursor: cursor})
	if err != nil {
		return "", connector.Progress{}, err
	}
	defer r.Close()
	b := page.NewBuilder()
	p, err := r.Next(context.Background(), b)
	if err != nil {
		return "", p, err
	}
	return show(connectortest.Items(t, b)), p, nil
}

// What the cluster removed before it was read is told with its offsets, and a
// topic that was made again is read from its beginning.
func TestWhatIsGone(t *testing.T) {
	d := openDepartment(t, fakeCluster(t).ListenAddrs())
	topic := d.topic(1)
	for i := range 5 {
		d.send(topic, 0, "", fmt.Sprintf(`{"id":"%d"}`, i))
	}
	def := d.define(topic, "")
	_, first, err := readOnce(t, def, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		d.send(topic, 0, "", fmt.Sprintf(`{"id":"%d"}`, 5+i))
	}
	cut := kadm.Offsets{}
	cut.Add(kadm.Offset{Topic: topic, Partition: 0, At: 8})
	if deleted, err := d.admin.DeleteRecords(context.Background(), cut); err != nil || deleted.Error() != nil {
		t.Fatal(err, deleted.Error())
	}
	_, _, err = readOnce(t, def, first.Cursor)
	if !Gone.Is(err) || !strings.Contains(fault.All(err)[0].Cause(fault.English), "5 to 7") {
		t.Errorf("%v", err)
	}
	if got, _, err := readOnce(t, def, ""); err != nil || strings.Count(got, "\n") != 1 {
		t.Errorf("what is there: %s, %v", got, err)
	}
	if _, err := d.admin.DeleteTopic(context.Background(), topic); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readOnce(t, def, first.Cursor); !NoTopic.Is(err) {
		t.Errorf("no topic: %v", err)
	}
	if _, err := d.admin.CreateTopic(context.Background(), 1, 1, nil, topic); err != nil {
		t.Fatal(err)
	}
	openDepartment(t, d.brokers).send(topic, 0, "", `{"id":"anew"}`) // a producer that knows the old one fails
	if got, _, err := readOnce(t, def, first.Cursor); err != nil || !strings.Contains(got, "anew") {
		t.Errorf("made again: %s, %v", got, err)
	}
}

// A log may end in offsets that hold nothing: what compaction took, or what was
// aborted. The first message behind them came after the read began, and is the
// next read's.
func TestMessageBehindTheEndStays(t *testing.T) {
	r := &reader{
		read: &read{Topic: "t"}, at: mark{Next: map[int32]int64{0: 3}}, end: map[int32]int64{0: 5}, reading: 0,
		pending: []*kgo.Record{{Topic: "t", Offset: 7, Value: []byte(`{"id":"late"}`)}},
	}
	b := page.NewBuilder()
	var p connector.Progress
	if err := r.take(context.Background(), b, 0, &p); err != nil {
		t.Fatal(err)
	}
	if r.at.Next[0] != 5 || p.Read != 0 || b.Len() != 0 {
		t.Errorf("the mark stands at %d with %d read: the message at 7 is passed over", r.at.Next[0], p.Read)
	}
}

// A log that is shorter than what was read of it is told, not waited for.
func TestLogThatLostItsEnd(t *testing.T) {
	d := openDepartment(t, fakeCluster(t).ListenAddrs())
	topic := d.topic(1)
	d.send(topic, 0, "", `{"id":"1"}`)
	def := d.define(topic, "")
	_, first, err := readOnce(t, def, "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseMark(first.Cursor)
	if err != nil {
		t.Fatal(err)
	}
	m.Next[0] = 9
	if _, _, err := readOnce(t, def, m.String()); !Shorter.Is(err) || !strings.Contains(fault.All(err)[0].Cause(fault.English), "ends at 1, yet it was read up to 9") {
		t.Errorf("%v", err)
	}
}

// Transactions: what was aborted is not read, and their own notes, the last
// messages of the log, do not keep a read from its end.
func TestTransactions(t *testing.T) {
	c := fakeCluster(t)
	plain := openDepartment(t, c.ListenAddrs())
	topic := plain.topic(1)
	d := openDepartment(t, c.ListenAddrs(), kgo.TransactionalID("dept"))
	for i, how := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
		if err := d.client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		d.send(topic, 0, "", fmt.Sprintf(`{"id":"%d"}`, i))
		if err := d.client.EndTransaction(context.Background(), how); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	got, p, err := readOnce(t, plain.define(topic, ""), "")
	if err != nil || !strings.HasPrefix(got, "map[id:0] ") || strings.Contains(got, "\n") || !p.Done {
		t.Errorf("%s, done %v, %v", got, p.Done, err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it waited %s for messages that never come", took)
	}
}

func TestRefusals(t *testing.T) {
	c := fakeCluster(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "reader", "secret"))
	d := &department{t: t, brokers: c.ListenAddrs()}
	with := func(password string) *source.Definition {
		def := connectortest.Definition(t, fmt.Sprintf(`
id: dept
connector: kafka
connection: {brokers: [%q], timeout: 2s, sasl: {mechanism: plain, username: reader, password: %s}}
tables:
  - {name: t, change: upsert, key: [id], read: {topic: nowhere}}
`, d.brokers[0], password), nil)
		return def
	}
	if _, _, err := readOnce(t, with("secret"), ""); !NoTopic.Is(err) {
		t.Errorf("the right password: %v", err)
	}
	if _, _, err := readOnce(t, with("wrong"), ""); err == nil || NoTopic.Is(err) {
		t.Errorf("a wrong password: %v", err)
	}
	for err, kind := range map[error]*fault.Kind{kerr.SaslAuthenticationFailed: Denied, kerr.TopicAuthorizationFailed: Denied, kerr.UnknownTopicID: NoTopic, io.EOF: Unreachable} {
		if got := explain("k/t", "t", fmt.Errorf("fetch: %w", err)); !kind.Is(got) {
			t.Errorf("%v is told as %v", err, got)
		}
	}
	nobody := &department{t: t, brokers: []string{"127.0.0.1:1"}}
	if _, _, err := readOnce(t, nobody.define("x", ""), ""); !Unreachable.Is(err) {
		t.Errorf("nobody there: %v", err)
	}
	if _, _, err := readOnce(t, nobody.define("x", ""), `{"v":9}`); !BadMark.Is(err) {
		t.Errorf("another's mark: %v", err)
	}
	if m := (mark{Version: 1, Topic: "T", Next: map[int32]int64{10: 3, 2: 7}}).String(); m != `{"v":1,"topic":"T","next":{"10":3,"2":7}}` {
		t.Errorf("the mark's layout changed: %s", m)
	}
}

func TestWrongSettings(t *testing.T) {
	text := `
id: dept
connector: kafka
connection: {brokers: [kafka], ca_file: x.pem, sasl: {mechanism: GSSAPI, username: a, password: b}, timeout: 0s}
tables:
  - {name: t, change: snapshot, key: [id], read: {topics: x}}
`
	def := connectortest.Definition(t, text, nil)
	_, err := New(def, connectortest.Tools(&connectortest.Keeper{}))
	if f := fault.All(err); len(f) != 7 || !conf.WrongValue.Is(f[0]) {
		t.Errorf("%d faults: %v", len(f), err)
	}
}
