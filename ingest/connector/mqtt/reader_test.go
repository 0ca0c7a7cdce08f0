package mqtt

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/google/go-cmp/cmp"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	mochipackets "github.com/mochi-mqtt/server/v2/packets"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

var clients atomic.Int64

func clientID() string {
	return fmt.Sprintf("huiliu-test-%d-%d-%d", os.Getpid(), time.Now().UnixNano(), clients.Add(1))
}

// yaml writes a source whose pages wait long enough for a slow machine.
func yaml(url, client, read string) string {
	return fmt.Sprintf("id: test\nconnector: mqtt\nconnection: {url: \"%s\", client_id: %s, timeout: 5s}\ntables:\n  - name: observation\n    change: append\n    key: [seq]\n    read: {%s}\n", url, client, read)
}

const reading = "topics: [\"city/#\"], topic: \"city/{station}/{metric}\", idle: 700ms, linger: 700ms"

func connect(t testing.TB, url, client, read string) connector.Connector {
	t.Helper()
	c, err := New(connectortest.Definition(t, yaml(url, client, read), nil), connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func open(t testing.TB, c connector.Connector, cursor string) connector.Reader {
	t.Helper()
	r, err := c.Open(context.Background(), connector.Request{Table: &c.(*Connector).def.Tables[0], Cursor: cursor})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func next(t testing.TB, r connector.Reader) connectortest.Page {
	t.Helper()
	p, err := connectortest.Next(t, context.Background(), r, page.NewBuilder())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func commit(t testing.TB, r connector.Reader, cursor string) {
	t.Helper()
	if err := r.(connector.Committer).Committed(context.Background(), cursor); err != nil {
		t.Fatal(err)
	}
}

func payload(i int) string { return fmt.Sprintf(`{"seq":%d,"value":%d.5,"quality":"ok"}`, i, i%40) }

func seqs(p connectortest.Page) string {
	var out []string
	for _, it := range p.Items {
		out = append(out, it.Values["seq"]+it.Reject)
	}
	return strings.Join(out, " ")
}

// eventually waits for what another process or goroutine does soon.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: not within 5 s", what)
}

func TestAcceptance(t *testing.T) {
	b := startBroker(t)
	const messages = 5000
	connectortest.Run(t, connectortest.Subject{
		Factory: New, NoCursor: "the broker keeps the mark",
		New: func(t *testing.T) connectortest.Feed {
			client := clientID()
			b.prepare(client, "city/#")
			var want []connectortest.Item
			for i := range messages {
				b.publish("city/s1/pm25", payload(i))
				values := map[string]string{"seq": strconv.Itoa(i), "value": fmt.Sprintf("%d.5", i%40), "quality": "ok", "station": "s1", "metric": "pm25", "$topic": "city/s1/pm25"}
				want = append(want, connectortest.Item{Values: values, Place: page.Place{Origin: "city/s1/pm25", Offset: -1}})
			}
			return connectortest.Feed{Definition: connectortest.Definition(t, yaml(b.url(), client, reading), nil), Want: want}
		},
	})
}

// TestAcknowledgedOnlyWhenCommitted ends a reader between reading and commit.
func TestAcknowledgedOnlyWhenCommitted(t *testing.T) {
	b := startBroker(t)
	client := clientID()
	b.prepare(client, "city/#")
	for i := range 5 {
		b.publish("city/s1/pm25", payload(i))
	}
	first := open(t, connect(t, b.url(), client, reading), "")
	p := next(t, first)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if b.left(client) != 5 {
		t.Fatalf("%d messages are left before the commit, want 5", b.left(client))
	}
	second := open(t, connect(t, b.url(), client, reading), p.Cursor)
	again := next(t, second)
	if d := cmp.Diff(seqs(p), seqs(again)); d != "" {
		t.Errorf("sent again:\n%s", d)
	}
	if want := `{"v":1,"taken":10}`; again.Cursor != want {
		t.Errorf("the stored mark is %s, want %s", again.Cursor, want)
	}
	commit(t, second, p.Cursor) // an older mark covers none of these
	commit(t, second, `{"v":1,"taken":8}`)
	eventually(t, "three acknowledgements", func() bool { return b.left(client) == 2 })
	commit(t, second, again.Cursor)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all acknowledged", func() bool { return b.left(client) == 0 })
}

// TestWindows reads more than a window holds, the reader's and the broker's.
func TestWindows(t *testing.T) {
	for _, c := range []struct {
		name         string
		window, most int
	}{{"the reader's window", 100, 0}, {"the broker's window", 8192, 100}} {
		t.Run(c.name, func(t *testing.T) {
			b := startBroker(t)
			b.mu.Lock()
			b.most = c.most
			b.mu.Unlock()
			client := clientID()
			b.prepare(client, "city/#")
			for i := range 450 {
				b.publish("city/s1/pm25", payload(i))
			}
			r := open(t, connect(t, b.url(), client, fmt.Sprintf("topics: [\"city/#\"], idle: 1s, linger: 100ms, window: %d", c.window)), "")
			read, pages := 0, 0
			for {
				p := next(t, r)
				if p.Done {
					break
				}
				read, pages = read+len(p.Items), pages+1
				commit(t, r, p.Cursor)
			}
			if read != 450 || pages < 5 {
				t.Errorf("read %d in %d pages", read, pages)
			}
			eventually(t, "all acknowledged", func() bool { return b.left(client) == 0 })
		})
	}
}

// TestBrokenConnection loses the connection with a page read and not
// committed: the messages come again, and none is missed.
func TestBrokenConnection(t *testing.T) {
	b := startBroker(t)
	client := clientID()
	b.prepare(client, "city/#")
	for i := range 3 {
		b.publish("city/s1/pm25", payload(i))
	}
	r := open(t, connect(t, b.url(), client, reading), "")
	p := next(t, r)
	b.setDown(true)
	b.publish("city/s1/pm25", payload(3))
	_, err := connectortest.Next(t, context.Background(), r, page.NewBuilder())
	if !Unreachable.Is(err) {
		t.Errorf("while it is down: %v", err)
	}
	if again, ok := err.(connector.Retryable); !ok {
		t.Errorf("%T tells nothing of another try", err)
	} else if _, yes := again.RetryAfter(); !yes {
		t.Error("a broken connection may be tried again")
	}
	commit(t, r, p.Cursor) // it can't go out, and must not be taken for done
	b.setDown(false)
	if got := seqs(next(t, r)); got != "0 1 2 3" {
		t.Errorf("after it came back: %s", got)
	}
}

func TestSessionTakenOver(t *testing.T) {
	b := startBroker(t)
	client := clientID()
	one, other := open(t, connect(t, b.url(), client, reading), ""), open(t, connect(t, b.url(), client, reading), "")
	next(t, one)
	next(t, other)
	_, err := connectortest.Next(t, context.Background(), one, page.NewBuilder())
	if !TakenOver.Is(err) {
		t.Errorf("got %v", err)
	}
	if again, ok := err.(connector.Retryable); ok {
		if _, yes := again.RetryAfter(); yes {
			t.Error("two pullers would take the session from each other for ever")
		}
	}
}

func TestPayloads(t *testing.T) {
	b := startBroker(t)
	client := clientID()
	b.prepare(client, "city/#")
	b.publish("city/s1/pm25", `{"seq":1,"station":"inside"}`)
	b.publish("city/s1/pm25", `{"seq":2,"val`)
	b.publish("city/other", `{"seq":3}`)
	b.publish("city/s1/big", `{"seq":4,"x":"`+strings.Repeat("y", page.MaxBytes)+`"}`)
	p := next(t, open(t, connect(t, b.url(), client, reading), ""))
	var got []map[string]string
	for _, it := range p.Items {
		if it.Reject != "" {
			it.Values = map[string]string{"reject": it.Reject + " " + it.Place.Origin}
		}
		got = append(got, it.Values)
	}
	want := []map[string]string{
		{"seq": "1", "station": "inside", "metric": "pm25", "$topic": "city/s1/pm25"},
		{"seq": "3", "$topic": "city/other"},
		{"reject": "json_cut city/s1/pm25"}, {"reject": "record_too_large city/s1/big"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}

	text := clientID()
	b.prepare(text, "city/#")
	b.publish("city/s1/note", "你好 {")
	p = next(t, open(t, connect(t, b.url(), text, "topics: [\"city/#\"], payload: text, idle: 700ms, linger: 700ms"), ""))
	if got := p.Items[0].Values["payload"]; got != "你好 {" {
		t.Errorf("text %q", got)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name          string
		refuse, grant byte
		want          *fault.Kind
	}{
		{"wrong password", packets.ConnackBadUsernameOrPassword, 1, Denied},
		{"another protocol", packets.ConnackUnsupportedProtocolVersion, 1, Refused},
		{"busy", packets.ConnackServerBusy, 1, Unreachable},
		{"topic not allowed", 0, packets.SubackNotauthorized, Denied},
		{"QoS 0 only", 0, 0, NoQoS},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := startBroker(t)
			b.mu.Lock()
			b.refuse, b.grant = c.refuse, c.grant
			b.mu.Unlock()
			_, err := connectortest.Next(t, context.Background(), open(t, connect(t, b.url(), clientID(), reading), ""), page.NewBuilder())
			if !c.want.Is(err) {
				t.Errorf("got %v, want %s", err, c.want.Code)
			}
		})
	}
}

// allow lets every client in.
type allow struct{ mochi.HookBase }

// Provides lists what the hook decides.
func (*allow) Provides(event byte) bool {
	return event == mochi.OnConnectAuthenticate || event == mochi.OnACLCheck
}

// OnConnectAuthenticate lets a client in.
func (*allow) OnConnectAuthenticate(*mochi.Client, mochipackets.Packet) bool { return true }

// OnACLCheck lets a client read and write.
func (*allow) OnACLCheck(*mochi.Client, string, bool) bool { return true }

// TestRealBrokers publishes to other people's brokers and takes in what they
// keep in a session: mochi always, Mosquitto (or any) where HUILIU_TEST_MQTT
// holds an address.
func TestRealBrokers(t *testing.T) {
	t.Run("mochi", func(t *testing.T) {
		server := mochi.New(&mochi.Options{Logger: connectortest.Tools(&connectortest.Keeper{}).Log})
		tcp := listeners.NewTCP(listeners.Config{ID: "t", Address: "127.0.0.1:0"})
		if err := server.AddHook(&allow{}, nil); err != nil {
			t.Fatal(err)
		}
		if err := server.AddListener(tcp); err != nil {
			t.Fatal(err)
		}
		if err := server.Serve(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		againstBroker(t, "mqtt://"+tcp.Address(), false)
	})
	t.Run("mosquitto", func(t *testing.T) {
		url := os.Getenv("HUILIU_TEST_MQTT")
		if url == "" {
			text := "HUILIU_TEST_MQTT is not set: install mosquitto, start it, and set the variable to its address, such as mqtt://127.0.0.1:1883"
			if os.Getenv("CI") == "true" {
				t.Fatal(text)
			}
			t.Skip(text)
		}
		againstBroker(t, url, true)
	})
}

func againstBroker(t *testing.T, url string, ordered bool) {
	client := clientID()
	topic := "huiliu/" + client
	read := "topics: [\"" + topic + "/#\"], idle: 1s, linger: 300ms"
	c := connect(t, url, client, read)
	if err := c.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	r := open(t, c, "")
	if p := next(t, r); !p.Done || len(p.Items) != 0 {
		t.Fatalf("a new session holds %d messages", len(p.Items))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	publish(t, url, topic, 90)
	first := open(t, c, "")
	p := next(t, first)
	for !p.Done && len(p.Items) < 90 {
		more := next(t, first)
		p.Items, p.Cursor, p.Done = append(p.Items, more.Items...), more.Cursor, more.Done
	}
	want := map[string]bool{}
	for i := range 90 {
		want[strconv.Itoa(i)] = true
	}
	if d := cmp.Diff(want, set(p)); d != "" {
		t.Fatalf("kept for the session:\n%s", d)
	}
	// Not committed: it comes again, to the same client.
	second := open(t, c, p.Cursor)
	again := next(t, second)
	for !again.Done && len(again.Items) < 90 {
		more := next(t, second)
		again.Items, again.Cursor, again.Done = append(again.Items, more.Items...), more.Cursor, more.Done
	}
	if d := cmp.Diff(want, set(again)); d != "" {
		t.Fatalf("sent again:\n%s", d)
	}
	if ordered && seqs(p) != seqs(again) {
		t.Error("sent again in another order")
	}
	commit(t, second, again.Cursor)
	if rest := next(t, second); len(rest.Items) != 0 {
		t.Errorf("behind the last message: %s", seqs(rest))
	}
	third := open(t, c, again.Cursor)
	if rest := next(t, third); len(rest.Items) != 0 || !rest.Done {
		t.Errorf("after the commit: %s", seqs(rest))
	}
	forget(t, c.(*Connector), client)
}

func set(p connectortest.Page) map[string]bool {
	out := map[string]bool{}
	for _, it := range p.Items {
		out[it.Values["seq"]] = true
	}
	return out
}

func publish(t *testing.T, url, topic string, n int) {
	t.Helper()
	c := connect(t, url, clientID(), "topics: [x]").(*Connector)
	l, err := dial(context.Background(), &c.settings, session{clientID: clientID(), clean: true, window: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	for i := range n {
		p := packets.NewControlPacket(packets.PUBLISH)
		p.Content = &packets.Publish{Topic: topic + "/a", Payload: []byte(payload(i)), QoS: 1, PacketID: uint16(i%10 + 1), Properties: &packets.Properties{}}
		if err := l.send(p); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(300 * time.Millisecond) // the broker may drop what it has not read when the publisher leaves
}

// forget ends the session at the broker.
func forget(t *testing.T, c *Connector, client string) {
	t.Helper()
	l, err := dial(context.Background(), &c.settings, session{clientID: client, clean: true, window: 1})
	if err != nil {
		t.Fatal(err)
	}
	l.close()
}
