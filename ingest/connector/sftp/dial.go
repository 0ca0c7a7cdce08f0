package sftp

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// keyKinds are the kinds of host keys, asked for one after another: a server
// with several shows only one, and the pinned one may be another.
var keyKinds = [][]string{
	{ssh.KeyAlgoED25519},
	{ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521},
	{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
}

// dial connects with the first kind of host key that is pinned. It raises
// Unreachable, Denied, HostKey or BadKey.
func (r *root) dial(ctx context.Context) (*link, error) {
	login, err := r.login()
	if err != nil {
		return nil, err
	}
	check, err := r.pinned()
	if err != nil {
		return nil, err
	}
	var shown []string
	for _, kinds := range keyKinds {
		refused := false
		config := &ssh.ClientConfig{User: r.User, Auth: login, HostKeyAlgorithms: kinds, HostKeyCallback: func(host string, from net.Addr, key ssh.PublicKey) error {
			err := check(host, from, key)
			if refused = err != nil; refused {
				shown = append(shown, ssh.FingerprintSHA256(key))
			}
			return err
		}}
		l, err := r.connect(ctx, config)
		var none *ssh.AlgorithmNegotiationError
		switch {
		case err == nil:
			return l, nil
		case refused, errors.As(err, &none) && strings.Contains(none.What, "host key"):
			continue
		case strings.Contains(err.Error(), "unable to authenticate"): // the library has no type for it
			return nil, Denied.At(r.place, "address", r.Address, "user", r.User)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		return nil, Unreachable.At(r.place, "address", r.Address).Because(err)
	}
	return nil, HostKey.At(r.place, "address", r.Address, "got", strings.Join(shown, ", "))
}

// link is one connection with the SFTP session on it.
type link struct {
	wire *wire
	ssh  *ssh.Client
	sftp *sftp.Client
}

func (r *root) connect(ctx context.Context, config *ssh.ClientConfig) (*link, error) {
	dialer := net.Dialer{Timeout: r.Timeout}
	raw, err := dialer.DialContext(ctx, "tcp", r.Address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	w := &wire{Conn: raw, timeout: r.Timeout}
	defer w.waiting()()
	conn, channels, requests, err := ssh.NewClientConn(w, r.Address, config)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	l := &link{wire: w, ssh: ssh.NewClient(conn, channels, requests)}
	if l.sftp, err = sftp.NewClient(l.ssh); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *link) close() {
	if l.sftp != nil {
		_ = l.sftp.Close()
	}
	_ = l.ssh.Close()
	_ = l.ssh.Wait() // until its goroutines have ended
}

// wire is a connection that breaks when an answer is waited for and nothing
// comes; between calls it may be silent for ever.
type wire struct {
	net.Conn
	timeout time.Duration
	awaited atomic.Bool
}

// waiting begins to wait for answers; what it returns ends it.
func (w *wire) waiting() (end func()) {
	w.awaited.Store(true)
	_ = w.SetDeadline(time.Now().Add(w.timeout)) // fails on a closed connection alone
	return func() {
		w.awaited.Store(false)
		_ = w.SetDeadline(time.Time{})
	}
}

// Read is net.Conn's; every byte that comes is a sign of life.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 && w.awaited.Load() {
		_ = w.SetDeadline(time.Now().Add(w.timeout))
		if !w.awaited.Load() { // ended in between
			_ = w.SetDeadline(time.Time{})
		}
	}
	return n, err
}
