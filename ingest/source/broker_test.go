package source_test

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// messages serves testdata/raw/messages.jsonl, {"topic", "payload"} a line,
// to whoever subscribes, in order and with QoS 1.
func messages(t *testing.T, raw string) string {
	t.Helper()
	server := broker.New(&broker.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	if err := server.AddHook(&sender{server: server, list: stored(t, raw)}, nil); err != nil {
		t.Fatal(err)
	}
	listener := listeners.NewTCP(listeners.Config{ID: "feed", Address: "127.0.0.1:0"})
	if err := server.AddListener(listener); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return "mqtt://" + listener.Address()
}

type message struct {
	Topic   string `json:"topic"`
	Payload string `json:"payload"`
}

func stored(t *testing.T, raw string) []message {
	t.Helper()
	f, err := os.Open(filepath.Join(raw, "messages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []message
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

// sender publishes its list once, when the first client has subscribed.
type sender struct {
	broker.HookBase
	server *broker.Server
	list   []message
	once   sync.Once
}

// Provides is the hook's.
func (s *sender) Provides(b byte) bool {
	return b == broker.OnSubscribed || b == broker.OnConnectAuthenticate || b == broker.OnACLCheck
}

// OnConnectAuthenticate lets everybody in.
func (s *sender) OnConnectAuthenticate(*broker.Client, packets.Packet) bool { return true }

// OnACLCheck lets everybody read and write.
func (s *sender) OnACLCheck(*broker.Client, string, bool) bool { return true }

// OnSubscribed begins to send.
func (s *sender) OnSubscribed(*broker.Client, packets.Packet, []byte) {
	s.once.Do(func() {
		go func() {
			for _, m := range s.list {
				_ = s.server.Publish(m.Topic, []byte(m.Payload), false, 1)
			}
		}()
	})
}
