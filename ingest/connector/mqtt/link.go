package mqtt

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"huiliu/internal/fault"
)

// link is one connection to a broker. Its reader puts messages into a channel
// as long as the broker may send without an acknowledgement, so it never
// keeps the broker waiting. The client is written on the packets of Eclipse
// Paho and not on its client, which acknowledges on a timer: an
// acknowledgement of a committed page must be out before the run ends.
type link struct {
	conn     net.Conn
	place    string
	clientID string
	messages chan message
	// resumed says that the broker had kept the session.
	resumed bool

	write sync.Mutex // one writer at a time

	wait sync.WaitGroup
	down chan struct{} // closed when the connection has ended
	once sync.Once
	why  error
}

type message struct {
	topic   string
	payload []byte
	id      uint16 // 0 for QoS 0
}

// keepAlive is how often the broker hears of an idle client; it is given up
// after one and a half times this long (MQTT 5, 3.1.2.10).
const keepAlive = 30 * time.Second

// largestPacket is what the broker may send at once.
const largestPacket = 64 << 20

// session says what to ask of the broker.
type session struct {
	clientID string
	clean    bool
	topics   []string
	window   int
}

// dial connects, opens the session and subscribes.
func dial(ctx context.Context, c *connection, s session) (*link, error) {
	l := &link{
		place: "mqtt " + c.address, clientID: s.clientID, down: make(chan struct{}),
		messages: make(chan message, max(s.window, 1)),
	}
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := l.connect(limited, c)
	if err != nil {
		return nil, err
	}
	l.conn = conn
	// What blocks ends when the caller does.
	stop := context.AfterFunc(limited, func() { l.end(l.broken(errors.New("no answer in time"))) })
	in := bufio.NewReaderSize(conn, 64<<10)
	err = l.open(in, c, s)
	if !stop() {
		<-l.down
		err = l.why
	}
	if err != nil {
		l.end(err)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	l.wait.Go(func() { l.listen(in) })
	l.wait.Go(l.ping)
	return l, nil
}

func (l *link) connect(ctx context.Context, c *connection) (net.Conn, error) {
	dialer := &net.Dialer{}
	conn, err := dialer.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, l.broken(err)
	}
	if !c.secure {
		return conn, nil
	}
	config := &tls.Config{ServerName: c.host, MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		text, err := os.ReadFile(c.CAFile)
		config.RootCAs = x509.NewCertPool()
		if err != nil || !config.RootCAs.AppendCertsFromPEM(text) {
			_ = conn.Close()
			return nil, &failure{fault: NoCA.At(l.place, "file", c.CAFile)}
		}
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, l.broken(err)
	}
	return secure, nil
}

// open sends CONNECT and SUBSCRIBE and hears both answers.
func (l *link) open(in *bufio.Reader, c *connection, s session) error {
	if err := l.send(connectPacket(c, s)); err != nil {
		return err
	}
	answer, err := l.receive(in)
	if err != nil {
		return err
	}
	ack, ok := answer.Content.(*packets.Connack)
	if !ok {
		return &failure{fault: Protocol.At(l.place)}
	}
	if ack.ReasonCode >= 0x80 {
		return l.refusal(ack.ReasonCode)
	}
	l.resumed = ack.SessionPresent
	if len(s.topics) == 0 {
		return nil
	}
	return l.subscribe(in, s.topics)
}

func connectPacket(c *connection, s session) *packets.ControlPacket {
	p := packets.NewControlPacket(packets.CONNECT)
	expiry, window, largest := uint32(c.Session.Seconds()), uint16(max(s.window, 1)), uint32(largestPacket)
	if s.clean {
		expiry = 0
	}
	content := p.Content.(*packets.Connect)
	content.ClientID, content.CleanStart, content.KeepAlive = s.clientID, s.clean, uint16(keepAlive.Seconds())
	content.Username, content.UsernameFlag = c.Username, c.Username != ""
	content.Password, content.PasswordFlag = []byte(c.Password), c.Password != ""
	content.Properties = &packets.Properties{SessionExpiryInterval: &expiry, ReceiveMaximum: &window, MaximumPacketSize: &largest}
	return p
}

// subscribeIDs are the packet identifiers that a subscription tries: some
// brokers take one for used that a message on its way to the client has, and
// those count from 1.
var subscribeIDs = []uint16{65535, 49157, 32771, 16411}

func (l *link) subscribe(in *bufio.Reader, topics []string) error {
	var reasons []byte
	for _, id := range subscribeIDs {
		p := packets.NewControlPacket(packets.SUBSCRIBE)
		content := p.Content.(*packets.Subscribe)
		content.PacketID = id
		for _, t := range topics {
			content.Subscriptions = append(content.Subscriptions, packets.SubOptions{Topic: t, QoS: 1, RetainHandling: packets.RetainSendOnSubscribeIfNew})
		}
		if err := l.send(p); err != nil {
			return err
		}
		var err error
		if reasons, err = l.granted(in); err != nil {
			return err
		}
		if !slices.Contains(reasons, packets.SubackPacketIdentifierinuse) {
			break
		}
	}
	for i, reason := range reasons {
		if reason >= 0x80 {
			return l.refusal(reason)
		}
		if reason == 0 && i < len(topics) {
			return &failure{fault: NoQoS.At(l.place, "topic", topics[i])}
		}
	}
	return nil
}

// granted hears the answer to a subscription. Messages of the resumed session
// may come before it.
func (l *link) granted(in *bufio.Reader) ([]byte, error) {
	for {
		answer, err := l.receive(in)
		if err != nil {
			return nil, err
		}
		if ack, ok := answer.Content.(*packets.Suback); ok {
			return ack.Reasons, nil
		}
		if err := l.handle(answer); err != nil {
			return nil, err
		}
	}
}

// listen reads packets until the connection ends.
func (l *link) listen(in *bufio.Reader) {
	for {
		err := l.conn.SetReadDeadline(time.Now().Add(keepAlive * 3 / 2))
		var p *packets.ControlPacket
		if err == nil {
			p, err = l.receive(in)
		}
		if err == nil {
			err = l.handle(p)
		}
		if err != nil {
			l.end(err)
			return
		}
	}
}

// receive reads one packet. The packet library may panic on malformed ones.
func (l *link) receive(in *bufio.Reader) (p *packets.ControlPacket, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &failure{fault: Protocol.At(l.place).Because(fmt.Errorf("%v", r))}
		}
	}()
	if p, err = packets.ReadPacket(in); err != nil {
		return nil, l.broken(err)
	}
	return p, nil
}

func (l *link) handle(p *packets.ControlPacket) error {
	switch content := p.Content.(type) {
	case *packets.Publish:
		if content.QoS > 1 || content.QoS == 1 && content.PacketID == 0 {
			return &failure{fault: Protocol.At(l.place)}
		}
		m := message{topic: content.Topic, payload: content.Payload}
		if content.QoS == 1 {
			m.id = content.PacketID
		}
		select {
		case l.messages <- m:
		case <-l.down:
		}
	case *packets.Disconnect:
		return l.refusal(content.ReasonCode)
	}
	return nil
}

// refusal turns a reason code (MQTT 5, 2.4) into a fault.
func (l *link) refusal(reason byte) error {
	code := fmt.Sprintf("0x%02X", reason)
	switch reason {
	case packets.ConnackBadUsernameOrPassword, packets.ConnackNotAuthorized, packets.ConnackInvalidClientID, packets.ConnackBanned:
		return &failure{fault: Denied.At(l.place, "reason", code)}
	case packets.DisconnectSessionTakenOver:
		return &failure{fault: TakenOver.At(l.place, "id", l.clientID)}
	case packets.ConnackServerUnavailable, packets.ConnackServerBusy, packets.DisconnectServerShuttingDown, packets.DisconnectNormalDisconnection,
		packets.ConnackQuotaExceeded, packets.ConnackConnectionRateExceeded, packets.ConnackUnspecifiedError, packets.DisconnectKeepAliveTimeout:
		return &failure{fault: Unreachable.At(l.place).Because(errors.New("reason " + code)), again: true}
	}
	return &failure{fault: Refused.At(l.place, "reason", code)}
}

// broken explains an error of the network.
func (l *link) broken(err error) error {
	var known *failure
	if errors.As(err, &known) {
		return err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	return &failure{fault: Unreachable.At(l.place).Because(err), again: true}
}

func (l *link) send(p *packets.ControlPacket) error {
	l.write.Lock()
	defer l.write.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(keepAlive)); err != nil {
		return l.broken(err)
	}
	if _, err := p.WriteTo(l.conn); err != nil {
		return l.broken(err)
	}
	return nil
}

// acknowledge sends PUBACKs in the order the messages came (MQTT 5, 4.6).
func (l *link) acknowledge(ids []uint16) error {
	l.write.Lock()
	defer l.write.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(keepAlive)); err != nil {
		return l.broken(err)
	}
	out := bufio.NewWriterSize(l.conn, 16<<10)
	for _, id := range ids {
		p := packets.NewControlPacket(packets.PUBACK)
		p.Content.(*packets.Puback).PacketID = id
		if _, err := p.WriteTo(out); err != nil {
			return l.broken(err)
		}
	}
	if err := out.Flush(); err != nil {
		return l.broken(err)
	}
	return nil
}

func (l *link) ping() {
	t := time.NewTicker(keepAlive)
	defer t.Stop()
	for {
		select {
		case <-l.down:
			return
		case <-t.C:
			if err := l.send(packets.NewControlPacket(packets.PINGREQ)); err != nil {
				l.end(err)
				return
			}
		}
	}
}

// end marks the connection as ended, once.
func (l *link) end(why error) {
	l.once.Do(func() {
		l.why = why
		close(l.down)
		_ = l.conn.Close() // it is of no more use
	})
}

// errClosed is why a link ended that was closed on this side.
var errClosed = &failure{fault: (&fault.Kind{Code: Unreachable.Code, Class: fault.Failed, Cause: fault.Text{EN: "the connection was closed", ZH: "连接已关闭"}, Mend: Unreachable.Mend}).At("mqtt"), again: true}

// close says goodbye, which keeps the session, and waits for the goroutines.
func (l *link) close() {
	select {
	case <-l.down:
	default:
		// A broker that is gone can't hear it.
		_ = l.send(packets.NewControlPacket(packets.DISCONNECT))
	}
	l.end(errClosed)
	l.wait.Wait()
}
