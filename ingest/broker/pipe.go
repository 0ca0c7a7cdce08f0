package broker

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeAddress is the address the embedded broker gives of itself; nothing
// listens there.
const pipeAddress = "localhost:9"

// pipeListener hands both ends of in-process connections out.
type pipeListener struct {
	queue  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{queue: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	there, back := newHalf(), newHalf()
	select {
	case l.queue <- &pipeConn{read: there, write: back}:
		return &pipeConn{read: back, write: there}, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return pipeAddress }

// half is one direction of a connection: an unbounded buffer, since Kafka's
// clients bound what they have in flight themselves.
type half struct {
	mu       sync.Mutex
	ready    *sync.Cond
	buffer   bytes.Buffer
	closed   bool
	deadline time.Time
	timer    *time.Timer
}

func newHalf() *half {
	h := &half{}
	h.ready = sync.NewCond(&h.mu)
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.buffer.Len() == 0 {
		if h.closed {
			return 0, io.EOF
		}
		if !h.deadline.IsZero() && !time.Now().Before(h.deadline) {
			return 0, os.ErrDeadlineExceeded
		}
		h.ready.Wait()
	}
	return h.buffer.Read(p)
}

func (h *half) write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, io.ErrClosedPipe
	}
	h.ready.Signal()
	return h.buffer.Write(p)
}

func (h *half) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.timer != nil {
		h.timer.Stop()
	}
	h.ready.Broadcast()
}

func (h *half) setDeadline(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deadline = t
	if h.timer != nil {
		h.timer.Stop()
	}
	if !t.IsZero() {
		h.timer = time.AfterFunc(time.Until(t), h.ready.Broadcast)
	}
	h.ready.Broadcast()
}

// pipeConn is one end of a connection.
type pipeConn struct{ read, write *half }

// Read implements net.Conn.
func (c *pipeConn) Read(p []byte) (int, error) { return c.read.read(p) }

// Write implements net.Conn.
func (c *pipeConn) Write(p []byte) (int, error) { return c.write.write(p) }

// Close implements net.Conn.
func (c *pipeConn) Close() error {
	c.read.close()
	c.write.close()
	return nil
}

// LocalAddr implements net.Conn.
func (c *pipeConn) LocalAddr() net.Addr { return pipeAddr{} }

// RemoteAddr implements net.Conn.
func (c *pipeConn) RemoteAddr() net.Addr { return pipeAddr{} }

// SetDeadline implements net.Conn; writes never wait.
func (c *pipeConn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline implements net.Conn.
func (c *pipeConn) SetReadDeadline(t time.Time) error {
	c.read.setDeadline(t)
	return nil
}

// SetWriteDeadline implements net.Conn; writes never wait.
func (c *pipeConn) SetWriteDeadline(time.Time) error { return nil }
