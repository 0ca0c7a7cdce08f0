// Package owner lets commands reach the process that owns a store. While
// `serve` runs, it alone writes: a command that writes goes to it over a local
// socket, is done there in its turn, and what it prints comes back.
package owner

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"huiliu/internal/fault"
)

// Faults of owning.
var (
	// Owned is raised when another process serves the store already.
	Owned = &fault.Kind{
		Code: "store_owned", Class: fault.Missing,
		Cause: fault.Text{EN: "another `huiliu serve` owns this store", ZH: "另一个 `huiliu serve` 正在管理此库"},
		Mend:  fault.Text{EN: "stop it first, or name another folder with --store", ZH: "请先停止它，或用 --store 指定别的目录"},
	}
	// Lost is raised when the owner goes away before the command is done.
	Lost = &fault.Kind{
		Code: "owner_lost", Class: fault.Failed,
		Cause: fault.Text{EN: "`huiliu serve` ended before the command was done", ZH: "命令完成前 `huiliu serve` 已退出"},
		Mend:  fault.Text{EN: "look at its log, and run the command again: what was committed stands", ZH: "请查看其日志并重新执行：已提交的有效"},
	}
)

// Request is a command as it was typed.
type Request struct {
	// Args are the words behind the program's name; Dir is the folder it was
	// typed in.
	Args []string `json:"args"`
	Dir  string   `json:"dir"`
	// Lang and AsOf are the caller's HUILIU_LANG and HUILIU_AS_OF.
	Lang string `json:"lang,omitempty"`
	AsOf string `json:"as_of,omitempty"`
}

// Handler does a request and returns its exit code. Its context ends when the
// caller goes away.
type Handler func(ctx context.Context, r Request, stdout, stderr io.Writer) int

// frame is one line from the owner to the caller.
type frame struct {
	Out  []byte `json:"out,omitempty"`
	Err  []byte `json:"err,omitempty"`
	Done bool   `json:"done,omitempty"`
	Code int    `json:"code,omitempty"`
}

// longestPath is how long a socket's path may be (sun_path less its end).
const longestPath = 100

// Path is where the owner of a store listens: in the store's folder, or, when
// that path is too long for a socket, in a folder of the user's own below the
// system's temporary one.
func Path(store string) (string, error) {
	full, err := filepath.Abs(store)
	if err != nil {
		return "", fmt.Errorf("find store: %w", err)
	}
	if path := filepath.Join(full, "serve.sock"); len(path) <= longestPath {
		return path, nil
	}
	sum := sha256.Sum256([]byte(full))
	return filepath.Join(os.TempDir(), fmt.Sprintf("huiliu-%d", os.Getuid()), hex.EncodeToString(sum[:8])+".sock"), nil
}

// Listener is an owner's socket.
type Listener struct {
	path string
	net  net.Listener
}

// Listen makes this process the owner of a store. A socket that nobody
// answers is left from a process that died, and is taken over.
func Listen(store string) (*Listener, error) {
	path, err := Path(store)
	if err != nil {
		return nil, err
	}
	if err := ownFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		return nil, errors.Join(Owned.At(store), conn.Close())
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("take over socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("guard socket: %w", err), l.Close())
	}
	return &Listener{path: path, net: l}, nil
}

// ownFolder makes a folder that no other user can write to.
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make socket's folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at socket's folder: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("the socket's folder %s can be written by others", dir)
	}
	return nil
}

// Serve answers callers until ctx ends, and waits for those it is at.
func (l *Listener) Serve(ctx context.Context, h Handler) error {
	stop := context.AfterFunc(ctx, func() { _ = l.net.Close() })
	defer stop()
	var callers sync.WaitGroup
	defer callers.Wait()
	for {
		conn, err := l.net.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept caller: %w", err)
		}
		callers.Go(func() { answer(ctx, conn, h) })
	}
}

// Close stops listening.
func (l *Listener) Close() error {
	if err := l.net.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close socket: %w", err)
	}
	return nil
}

func answer(ctx context.Context, conn net.Conn, h Handler) {
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := bufio.NewReader(conn)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return
	}
	out := &frames{encoder: json.NewEncoder(conn)}
	var r Request
	if err := json.Unmarshal(line, &r); err != nil {
		out.send(frame{Err: []byte("the request can't be read: " + err.Error() + "\n"), Done: true, Code: 2})
		return
	}
	go func() { // a caller says nothing more: what ends the wait is that he goes
		_, _ = in.ReadByte()
		cancel()
	}()
	code := h(ctx, r, stream{func(p []byte) { out.send(frame{Out: p}) }}, stream{func(p []byte) { out.send(frame{Err: p}) }})
	out.send(frame{Done: true, Code: code})
}

// frames writes one frame at a time. A caller that has gone is told nothing.
type frames struct {
	mu      sync.Mutex
	encoder *json.Encoder
}

func (f *frames) send(v frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.encoder.Encode(v)
}

type stream struct{ send func([]byte) }

func (s stream) Write(p []byte) (int, error) {
	s.send(p)
	return len(p), nil
}

// Call has the owner of a store do a request. Reached is false when nobody
// owns the store; the command is then the caller's own to do.
func Call(ctx context.Context, store string, r Request, stdout, stderr io.Writer) (code int, reached bool, err error) {
	path, err := Path(store)
	if err != nil {
		return 0, false, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return 0, false, nil
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return 1, true, Lost.At(path).Because(err)
	}
	in := json.NewDecoder(conn)
	for {
		var f frame
		if err := in.Decode(&f); err != nil {
			if ctx.Err() != nil {
				return 130, true, ctx.Err()
			}
			return 1, true, Lost.At(path).Because(err)
		}
		_, outErr := stdout.Write(f.Out)
		_, errErr := stderr.Write(f.Err)
		if err := errors.Join(outErr, errErr); err != nil {
			return 1, true, fmt.Errorf("print: %w", err)
		}
		if f.Done {
			return f.Code, true, nil
		}
	}
}
