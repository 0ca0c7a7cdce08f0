package broker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
)

// segmentBytes is small, since the space of trimmed messages is given back,
// and is not read again at the next start, only segment by segment.
const segmentBytes = 8 << 20

// embedded is the broker inside the process. It listens on a pipe alone: the
// library serves whoever reaches it and is no network server.
//
// A batch is written to its file before it is acknowledged, so a process
// killed at any instant loses nothing. A machine that loses power may lose
// the last seconds, unless the Config asks to sync every message; the next
// start finds that out and gives the log another identity, so that readers
// and writers compare notes afresh.
type embedded struct {
	cluster *kfake.Cluster
	lock    *flock.Flock
	pipe    *pipeListener
	dir     string
	id      string
	address string
	log     *brokerLog

	mu   sync.Mutex
	ends map[string]int64 // by partition directory
}

func startEmbedded(c Config) (*embedded, error) {
	dir := c.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make broker folder: %w", err)
	}
	e := &embedded{lock: flock.New(filepath.Join(dir, "lock")), pipe: newPipeListener(), dir: dir, address: pipeAddress, log: &brokerLog{out: c.Log}}
	held, err := e.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock broker folder: %w", err)
	}
	if !held {
		return nil, Locked.At(dir)
	}
	if err := e.start(c.SyncWrites); err != nil {
		return nil, errors.Join(err, e.lock.Unlock())
	}
	return e, nil
}

func (e *embedded) start(sync bool) error {
	found, err := inspect(e.dir)
	if err != nil {
		return err
	}
	e.ends = found.ends
	idFile := filepath.Join(e.dir, "id")
	if found.cut {
		e.log.warn("the log has lost its last messages; it goes on under a new identity", "folder", e.dir)
		if err := os.Remove(idFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("renew broker id: %w", err)
		}
	}
	if e.id, err = identity(idFile); err != nil {
		return err
	}
	if err := writeEnds(filepath.Join(e.dir, endsFile), e.ends); err != nil {
		return err
	}
	options := []kfake.Opt{
		kfake.NumBrokers(1), kfake.ClusterID(e.id), kfake.DataDir(filepath.Join(e.dir, "data")), kfake.WithLogger(e.log),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return e.pipe, nil }),
		kfake.BrokerConfigs(map[string]string{
			"log.segment.bytes": fmt.Sprint(segmentBytes), "message.max.bytes": fmt.Sprint(MaxMessage), "log.retention.ms": "-1",
		}),
	}
	if sync {
		options = append(options, kfake.SyncWrites())
	}
	if e.cluster, err = kfake.NewCluster(options...); err != nil {
		return Damaged.At(e.dir).Because(err)
	}
	return nil
}

// wrote notes the end of a partition after a message.
func (e *embedded) wrote(topic string, partition int, end int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := partitionName(topic, partition)
	e.ends[p] = max(e.ends[p], end)
}

// keepEnds writes the ends down, so that a log which lost its tail is known.
func (e *embedded) keepEnds() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return writeEnds(filepath.Join(e.dir, endsFile), e.ends)
}

// refused makes a fault of an error that the broker gives when it could not
// write a batch; its own log has the cause.
func (e *embedded) refused(err error) error {
	if !errors.Is(err, kafka.Unknown) {
		return err
	}
	return Unwritable.At(e.dir).Because(errors.New(e.log.lastWarning()))
}

// brokerLog hands what the broker says on to the house's log, and keeps its
// last warning.
type brokerLog struct {
	out  *slog.Logger
	mu   sync.Mutex
	last string
}

// Logf implements kfake.Logger.
func (l *brokerLog) Logf(level kfake.LogLevel, format string, args ...any) {
	if level > kfake.LogLevelWarn || level == kfake.LogLevelNone {
		return
	}
	text := fmt.Sprintf(format, args...)
	l.mu.Lock()
	l.last = text
	l.mu.Unlock()
	l.warn("embedded broker", "says", text)
}

func (l *brokerLog) warn(text string, pairs ...any) {
	if l.out != nil {
		l.out.Warn(text, pairs...)
	}
}

func (l *brokerLog) lastWarning() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// identity reads the folder's own id, made when the folder was.
func identity(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(text))) == 32 {
		return strings.TrimSpace(string(text)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read broker id: %w", err)
	}
	id := make([]byte, 16)
	rand.Read(id)
	name := hex.EncodeToString(id)
	if err := os.WriteFile(path, []byte(name+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write broker id: %w", err)
	}
	return name, nil
}

func (e *embedded) dial(ctx context.Context, _, _ string) (net.Conn, error) { return e.pipe.dial(ctx) }

func (e *embedded) close() error {
	e.cluster.Close()
	e.pipe.Close()
	err := e.keepEnds()
	if unlock := e.lock.Unlock(); unlock != nil {
		err = errors.Join(err, fmt.Errorf("unlock broker folder: %w", unlock))
	}
	return err
}
