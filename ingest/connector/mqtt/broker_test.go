package mqtt

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/eclipse/paho.golang/packets"
)

// broker is a small MQTT 5 broker for tests: it keeps sessions, sends again in
// order what was not acknowledged, and can go down.
type broker struct {
	listen net.Listener
	wait   sync.WaitGroup

	mu       sync.Mutex
	sessions map[string]*keptSession
	down     bool
	refuse   byte // reason code for CONNECT
	grant    byte // QoS for SUBSCRIBE
	most     int  // messages in flight by the broker's own limit, 0 for none
	acks     int
}

type keptSession struct {
	filters []string
	queue   []*packets.Publish
	sent    int
	window  int
	nextID  uint16
	conn    net.Conn
}

func startBroker(t testing.TB) *broker {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{listen: listen, sessions: map[string]*keptSession{}, grant: 1}
	b.wait.Go(func() {
		for {
			conn, err := listen.Accept()
			if err != nil {
				return
			}
			b.wait.Go(func() { b.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listen.Close()
		b.setDown(true)
		b.wait.Wait()
	})
	return b
}

func (b *broker) url() string { return "mqtt://" + b.listen.Addr().String() }

func (b *broker) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
	for _, s := range b.sessions {
		if down && s.conn != nil {
			_ = s.conn.Close()
		}
	}
}

// prepare makes a session before its client first connects.
func (b *broker) prepare(client string, filters ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sessions[client] = &keptSession{filters: filters}
}

func (b *broker) publish(topic, payload string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.sessions {
		for _, f := range s.filters {
			if f == topic || strings.HasSuffix(f, "#") && strings.HasPrefix(topic, strings.TrimSuffix(f, "#")) {
				s.nextID++
				if s.nextID == 0 {
					s.nextID = 1
				}
				s.queue = append(s.queue, &packets.Publish{Topic: topic, Payload: []byte(payload), QoS: 1, PacketID: s.nextID, Properties: &packets.Properties{}})
				break
			}
		}
		b.pump(s)
	}
}

func (b *broker) left(client string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.sessions[client].queue)
}

// pump sends what the window lets through; the caller holds the lock.
func (b *broker) pump(s *keptSession) {
	window := s.window
	if b.most > 0 {
		window = min(window, b.most)
	}
	for s.conn != nil && s.sent < min(len(s.queue), window) {
		p := packets.NewControlPacket(packets.PUBLISH)
		p.Content = s.queue[s.sent]
		if _, err := p.WriteTo(s.conn); err != nil {
			return
		}
		s.sent++
	}
}

func (b *broker) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	first, err := packets.ReadPacket(in)
	if err != nil {
		return
	}
	c, ok := first.Content.(*packets.Connect)
	if !ok {
		return
	}
	s := b.admit(conn, c)
	if s == nil {
		return
	}
	for {
		p, err := packets.ReadPacket(in)
		if err != nil || !b.answer(s, conn, p) {
			break
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.conn == conn {
		s.conn = nil
	}
}

func (b *broker) admit(conn net.Conn, c *packets.Connect) *keptSession {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return nil
	}
	ack := packets.NewControlPacket(packets.CONNACK)
	if b.refuse != 0 {
		ack.Content.(*packets.Connack).ReasonCode = b.refuse
		_, _ = ack.WriteTo(conn)
		return nil
	}
	s := b.sessions[c.ClientID]
	if s != nil && s.conn != nil {
		bye := packets.NewControlPacket(packets.DISCONNECT)
		bye.Content.(*packets.Disconnect).ReasonCode = packets.DisconnectSessionTakenOver
		_, _ = bye.WriteTo(s.conn)
		_ = s.conn.Close()
	}
	ack.Content.(*packets.Connack).SessionPresent = s != nil && !c.CleanStart
	if s == nil || c.CleanStart {
		s = &keptSession{}
		b.sessions[c.ClientID] = s
	}
	s.conn, s.sent, s.window = conn, 0, int(*c.Properties.ReceiveMaximum)
	for _, m := range s.queue {
		m.Duplicate = true
	}
	_, _ = ack.WriteTo(conn)
	b.pump(s)
	return s
}

func (b *broker) answer(s *keptSession, conn net.Conn, p *packets.ControlPacket) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch c := p.Content.(type) {
	case *packets.Subscribe:
		ack := packets.NewControlPacket(packets.SUBACK)
		content := ack.Content.(*packets.Suback)
		content.PacketID = c.PacketID
		for _, o := range c.Subscriptions {
			s.filters = append(s.filters, o.Topic)
			content.Reasons = append(content.Reasons, b.grant)
		}
		_, _ = ack.WriteTo(conn)
	case *packets.Puback:
		for i, m := range s.queue[:s.sent] {
			if m.PacketID == c.PacketID {
				s.queue = append(s.queue[:i:i], s.queue[i+1:]...)
				s.sent--
				b.acks++
				break
			}
		}
		b.pump(s)
	case *packets.Disconnect:
		return false
	}
	return true
}
