// Package broker is the house's one connection to Kafka. By default it is a
// broker inside the process, behind a pipe and with a folder of its own, so
// that a site needs no server; a real cluster is used when its addresses are
// given. To the rest of the house the two are alike.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

const (
	// MaxMessage is the largest message that topics take, in bytes.
	MaxMessage = 32 << 20
	// patience is how long a call waits for a cluster that is electing a
	// leader or restarting before it reports the error.
	patience = 60 * time.Second
	// settling is how long the nodes of a cluster may take to hear of a topic.
	settling = 5 * time.Second
)

// Faults of the broker.
var (
	// Unreachable is raised when no broker of a cluster answers.
	Unreachable = &fault.Kind{
		Code: "kafka_unreachable", Class: fault.Missing,
		Cause: fault.Text{EN: "no Kafka broker answers", ZH: "Kafka 没有应答"},
		Mend:  fault.Text{EN: "check KAFKA_BROKERS and that the cluster runs, or unset it to use the broker inside the program", ZH: "检查 KAFKA_BROKERS 及集群状态；不设该变量则使用内置消息队列"},
	}
	// Damaged is raised when the embedded broker's folder holds bytes that are
	// no messages, or lacks some in the middle.
	Damaged = &fault.Kind{
		Code: "broker_damaged", Class: fault.Failed,
		Cause: fault.Text{EN: "the embedded broker's log is damaged", ZH: "内置消息队列的日志已损坏"},
		Mend:  fault.Text{EN: "move the broker's folder away and run again: the sources are read again from what the store has committed", ZH: "请移走该消息目录后重新运行：各来源会从数据仓已入库处重新读取"},
	}
	// Unwritable is raised when the embedded broker could not write a message
	// to its folder; the message was not published.
	Unwritable = &fault.Kind{
		Code: "broker_unwritable", Class: fault.Failed,
		Cause: fault.Text{EN: "the embedded broker could not write to its folder", ZH: "内置消息队列无法写入其目录"},
		Mend:  fault.Text{EN: "make room on the disk or correct the folder's permissions, then run again", ZH: "请腾出磁盘空间或修正目录权限后重新运行"},
	}
	// Unsafe is raised when a topic of a real cluster would drop or refuse
	// pages and may not be altered.
	Unsafe = &fault.Kind{
		Code: "kafka_topic_unsafe", Class: fault.Input,
		Cause: fault.Text{EN: "the topic's {key} is {have}, which can lose pages", ZH: "主题的 {key} 为 {have}，可能丢失数据"},
		Mend:  fault.Text{EN: "set it to {want}, or allow this user to alter the topic", ZH: "请将其设为 {want}，或授权本用户修改该主题"},
	}
	// Locked is raised when another process uses the embedded broker's folder.
	Locked = &fault.Kind{
		Code: "broker_locked", Class: fault.Missing,
		Cause: fault.Text{EN: "another process is using this broker's folder", ZH: "另一进程正在使用该消息目录"},
		Mend:  fault.Text{EN: "wait for it to end, or name another folder with --store; separate pullers and loaders need a real cluster (KAFKA_BROKERS)", ZH: "等其结束，或用 --store 指定别的目录；拉取与装载分开运行时须用真实集群（KAFKA_BROKERS）"},
	}
)

// ErrOffsetGone says that an offset lies before the log's start or past its
// end.
var ErrOffsetGone = errors.New("offset is not in the log")

// ErrNoTopic says that a topic or partition does not exist.
var ErrNoTopic = errors.New("no such topic or partition")

// Message is one message of a partition.
type Message struct {
	// Offset is set on messages that were fetched.
	Offset  int64
	Headers []page.Pair
	Value   []byte
}

// Batch is the answer to one fetch.
type Batch struct {
	Messages []Message
	// HighWater is the offset after the last message; LogStart the first one
	// that is still there.
	HighWater, LogStart int64
}

// Config says which broker to use.
type Config struct {
	// Dir is the embedded broker's folder.
	Dir string
	// Brokers are the addresses of a real cluster; with any, Dir is not used.
	Brokers []string
	// Site is told to a real cluster as part of the client's name; it may be
	// empty.
	Site string
	// SyncWrites makes the embedded broker sync every message to the disk
	// before it is acknowledged, against loss of power.
	SyncWrites bool
	// Log may be nil.
	Log *slog.Logger
}

// Broker is an open connection. It is safe for concurrent use.
type Broker struct {
	data     *kafka.Client
	wire     *kafka.Transport
	admin    *kadm.Client
	control  *kgo.Client
	embedded *embedded
	closed   atomic.Bool
}

// Open connects, starting the embedded broker when no cluster is named.
func Open(ctx context.Context, c Config) (*Broker, error) {
	b := &Broker{wire: &kafka.Transport{MetadataTTL: 2 * time.Second, ClientID: "huiliu"}}
	options := []kgo.Opt{kgo.ClientID("huiliu-admin")}
	addresses := c.Brokers
	if len(addresses) == 0 {
		e, err := startEmbedded(c)
		if err != nil {
			return nil, err
		}
		b.embedded = e
		b.wire.Dial, b.wire.Resolver = e.dial, nil
		options = append(options, kgo.Dialer(e.dial))
		addresses = []string{e.address}
	}
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(addresses...))...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make kafka client: %w", err), b.Close())
	}
	b.control, b.admin = client, kadm.NewClient(client)
	b.data = &kafka.Client{Addr: kafka.TCP(addresses...), Transport: b.wire, Timeout: 30 * time.Second}
	if err := b.ping(ctx, addresses); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Broker) ping(ctx context.Context, addresses []string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := b.admin.BrokerMetadata(ctx); err != nil {
		return Unreachable.At(strings.Join(addresses, ",")).Because(err)
	}
	return nil
}

// Close ends the connection and the embedded broker. Calls that wait end with
// net.ErrClosed.
func (b *Broker) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	if b.admin != nil {
		b.admin.Close()
	}
	b.wire.CloseIdleConnections()
	if b.embedded != nil {
		return b.embedded.close()
	}
	return nil
}
