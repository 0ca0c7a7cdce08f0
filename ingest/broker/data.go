package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"huiliu/ingest/page"
)

// fetchBytes is how much one fetch asks for: some pages, so that a loader
// that lags catches up in few round trips.
const fetchBytes = 4 << 20

// Produce publishes one message, acknowledged by all in-sync replicas, and
// returns its offset. While a cluster is electing or restarting it tries
// again; a lost answer can then publish a message twice, which the pages'
// epoch, number and hash make harmless.
func (b *Broker) Produce(ctx context.Context, topic string, partition int, m Message) (int64, error) {
	offset, err := retry(ctx, b, topic, partition, func() (int64, error) {
		record := kafka.Record{Value: kafka.NewBytes(m.Value), Headers: make([]kafka.Header, len(m.Headers))}
		for i, h := range m.Headers {
			record.Headers[i] = kafka.Header{Key: h.Key, Value: []byte(h.Value)}
		}
		answer, err := b.data.Produce(ctx, &kafka.ProduceRequest{
			Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(record),
		})
		if err == nil {
			err = answer.Error
		}
		if err != nil {
			return 0, fmt.Errorf("produce to %s/%d: %w", topic, partition, err)
		}
		return answer.BaseOffset, nil
	})
	if b.embedded != nil {
		if err != nil {
			return 0, b.embedded.refused(err)
		}
		b.embedded.wrote(topic, partition, offset+1)
	}
	return offset, err
}

// Fetch reads messages from an offset on; it answers at once when there are
// any, else after maxWait with none. ErrOffsetGone says that the offset is
// not in the log.
func (b *Broker) Fetch(ctx context.Context, topic string, partition int, offset int64, maxWait time.Duration) (Batch, error) {
	return retry(ctx, b, topic, partition, func() (Batch, error) {
		answer, err := b.data.Fetch(ctx, &kafka.FetchRequest{
			Topic: topic, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: fetchBytes, MaxWait: maxWait,
		})
		if err == nil {
			err = answer.Error
		}
		if errors.Is(err, kafka.OffsetOutOfRange) {
			return Batch{}, ErrOffsetGone
		}
		if err != nil {
			return Batch{}, fmt.Errorf("fetch %s/%d@%d: %w", topic, partition, offset, err)
		}
		batch := Batch{HighWater: answer.HighWatermark, LogStart: answer.LogStartOffset}
		batch.Messages, err = readAll(answer.Records, offset)
		return batch, err
	})
}

// readAll copies the messages of an answer; Kafka may return some from before
// the offset that was asked for.
func readAll(records kafka.RecordReader, from int64) ([]Message, error) {
	var out []Message
	for {
		r, err := records.ReadRecord()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("read fetched messages: %w", err)
		}
		value, err := kafka.ReadAll(r.Value)
		if err != nil {
			return out, fmt.Errorf("read fetched message %d: %w", r.Offset, err)
		}
		if r.Offset < from {
			continue
		}
		m := Message{Offset: r.Offset, Value: value, Headers: make([]page.Pair, len(r.Headers))}
		for i, h := range r.Headers {
			m.Headers[i] = page.Pair{Key: h.Key, Value: string(h.Value)}
		}
		out = append(out, m)
	}
}

// Bounds returns the first offset in a partition and the one after its last.
func (b *Broker) Bounds(ctx context.Context, topic string, partition int) (start, end int64, err error) {
	type bounds struct{ start, end int64 }
	got, err := retry(ctx, b, topic, partition, func() (bounds, error) {
		answer, err := b.data.ListOffsets(ctx, &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{topic: {kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition)}},
		})
		if err != nil {
			return bounds{}, fmt.Errorf("list offsets of %s/%d: %w", topic, partition, err)
		}
		for _, p := range answer.Topics[topic] {
			if p.Partition == partition {
				if p.Error != nil {
					return bounds{}, fmt.Errorf("list offsets of %s/%d: %w", topic, partition, p.Error)
				}
				return bounds{p.FirstOffset, p.LastOffset}, nil
			}
		}
		return bounds{}, fmt.Errorf("%s/%d: %w", topic, partition, ErrNoTopic)
	})
	return got.start, got.end, err
}

// retry tries again what a cluster in motion refuses, for as long as patience
// lasts.
func retry[T any](ctx context.Context, b *Broker, topic string, partition int, call func() (T, error)) (T, error) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, 2*time.Second
	return backoff.Retry(ctx, func() (T, error) {
		v, err := call()
		switch {
		case err == nil:
		case b.closed.Load():
			err = backoff.Permanent(fmt.Errorf("%s/%d: %w", topic, partition, net.ErrClosed))
		case unknown(err) && b.absent(ctx, topic, partition):
			err = backoff.Permanent(fmt.Errorf("%s/%d: %w", topic, partition, ErrNoTopic))
		case unknown(err):
			b.wire.CloseIdleConnections() // what it knew of the cluster is too old
		case ctx.Err() != nil || !transient(err):
			err = backoff.Permanent(err)
		}
		return v, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(patience))
}

// unknown tells errors by which a topic, a partition or its leader is not
// known, to the cluster or to the client's picture of it.
func unknown(err error) bool {
	return errors.Is(err, kafka.UnknownTopicOrPartition) || errors.Is(err, protocol.ErrNoTopic) ||
		errors.Is(err, protocol.ErrNoPartition) || errors.Is(err, protocol.ErrNoLeader) || errors.Is(err, ErrNoTopic)
}

// absent asks the cluster itself whether a partition is not there.
func (b *Broker) absent(ctx context.Context, topic string, partition int) bool {
	have, err := b.partitions(ctx, topic)
	return err == nil && have <= partition
}

// transient tells errors that pass when a leader is found again, or a broker
// is back: a broker that was cut off in the middle of a call ends it by the
// client's own time limit.
func transient(err error) bool {
	var k kafka.Error
	if errors.As(err, &k) {
		return k.Temporary()
	}
	return !errors.Is(err, ErrOffsetGone)
}
