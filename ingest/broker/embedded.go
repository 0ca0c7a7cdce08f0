package broker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/twmb/franz-go/pkg/kfake"
)

// embedded is the broker inside the process. It listens on a pipe alone: the
// library serves whoever reaches it and is no network server.
type embedded struct {
	cluster *kfake.Cluster
	lock    *flock.Flock
	pipe    *pipeListener
	id      string
	address string
}

func startEmbedded(dir string) (*embedded, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make broker folder: %w", err)
	}
	e := &embedded{lock: flock.New(filepath.Join(dir, "lock")), pipe: newPipeListener(), address: pipeAddress}
	held, err := e.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock broker folder: %w", err)
	}
	if !held {
		return nil, Locked.At(dir)
	}
	if e.id, err = identity(filepath.Join(dir, "id")); err != nil {
		return nil, errors.Join(err, e.lock.Unlock())
	}
	e.cluster, err = kfake.NewCluster(
		kfake.NumBrokers(1), kfake.ClusterID(e.id), kfake.DataDir(filepath.Join(dir, "data")),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return e.pipe, nil }),
		kfake.BrokerConfigs(map[string]string{
			"log.segment.bytes": fmt.Sprint(64 << 20), "message.max.bytes": fmt.Sprint(MaxMessage), "log.retention.ms": "-1",
		}),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start broker in %s: %w", dir, err), e.lock.Unlock())
	}
	return e, nil
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
	if err := e.lock.Unlock(); err != nil {
		return fmt.Errorf("unlock broker folder: %w", err)
	}
	return nil
}
