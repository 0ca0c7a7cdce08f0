package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// EnsureTopic makes a topic with at least so many partitions, kept for ever:
// pages leave the log only by Trim. On a cluster of three nodes and more it
// is kept three times, two of which must have a page before it counts.
func (b *Broker) EnsureTopic(ctx context.Context, topic string, partitions int) error {
	have, err := b.partitions(ctx, topic)
	if err != nil {
		return err
	}
	switch {
	case have == 0:
		err = b.create(ctx, topic, partitions)
	case have < partitions:
		_, err = b.admin.UpdatePartitions(ctx, partitions, topic)
	default:
		return nil
	}
	if err != nil {
		return fmt.Errorf("make topic %s: %w", topic, err)
	}
	return b.awaitLeaders(ctx, topic, partitions)
}

func (b *Broker) create(ctx context.Context, topic string, partitions int) error {
	brokers, err := b.admin.ListBrokers(ctx)
	if err != nil {
		return err
	}
	config := []kafka.ConfigEntry{
		{ConfigName: "retention.ms", ConfigValue: "-1"}, {ConfigName: "cleanup.policy", ConfigValue: "delete"},
		{ConfigName: "max.message.bytes", ConfigValue: fmt.Sprint(MaxMessage)}, {ConfigName: "segment.bytes", ConfigValue: fmt.Sprint(64 << 20)},
	}
	replicas := min(3, len(brokers))
	if replicas == 3 {
		config = append(config, kafka.ConfigEntry{ConfigName: "min.insync.replicas", ConfigValue: "2"})
	}
	answer, err := b.data.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: topic, NumPartitions: partitions, ReplicationFactor: replicas, ConfigEntries: config,
	}}})
	if err != nil {
		return err
	}
	if err := answer.Errors[topic]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
		return err
	}
	return nil
}

// partitions counts a topic's partitions, 0 for no topic.
func (b *Broker) partitions(ctx context.Context, topic string) (int, error) {
	detail, _, err := b.describe(ctx, topic)
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return 0, nil
	}
	return len(detail.Partitions), err
}

// describe asks for a topic's metadata, and the cluster's id, by a request of
// its own: the client's cached answer may be older than the topic.
func (b *Broker) describe(ctx context.Context, topic string) (kmsg.MetadataResponseTopic, string, error) {
	request := kmsg.NewPtrMetadataRequest()
	wanted := kmsg.NewMetadataRequestTopic()
	wanted.Topic = kmsg.StringPtr(topic)
	request.Topics = append(request.Topics, wanted)
	answer, err := request.RequestWith(ctx, b.control)
	if err == nil && len(answer.Topics) == 1 {
		err = kerr.ErrorForCode(answer.Topics[0].ErrorCode)
	}
	if err != nil || len(answer.Topics) != 1 {
		return kmsg.MetadataResponseTopic{}, "", fmt.Errorf("describe topic %s: %w", topic, err)
	}
	cluster := ""
	if answer.ClusterID != nil {
		cluster = *answer.ClusterID
	}
	return answer.Topics[0], cluster, nil
}

// awaitLeaders waits until every partition can be written, by both clients'
// view of the cluster.
func (b *Broker) awaitLeaders(ctx context.Context, topic string, partitions int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		ready := 0
		for p := range partitions {
			if _, _, err := b.Bounds(ctx, topic, p); err == nil {
				ready++
			}
		}
		if ready == partitions {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for leaders of %s: %w", topic, ctx.Err())
		}
	}
}

// Trim removes messages before an offset; the last message always stays, so
// that the log's end is never forgotten with it.
func (b *Broker) Trim(ctx context.Context, topic string, partition int, before int64) error {
	start, end, err := b.Bounds(ctx, topic, partition)
	if err != nil {
		return err
	}
	before = min(before, end-1)
	if before <= start {
		return nil
	}
	var offsets kadm.Offsets = make(map[string]map[int32]kadm.Offset)
	offsets.Add(kadm.Offset{Topic: topic, Partition: int32(partition), At: before, LeaderEpoch: -1})
	answer, err := b.admin.DeleteRecords(ctx, offsets)
	if err == nil {
		err = answer.Error()
	}
	if err != nil {
		return fmt.Errorf("trim %s/%d: %w", topic, partition, err)
	}
	return nil
}

// LogID names this incarnation of a topic's log: a topic that was deleted and
// made again, or a broker's folder that was emptied, has another. On a real
// cluster it is the cluster's id and the topic's (KIP-516).
func (b *Broker) LogID(ctx context.Context, topic string) (string, error) {
	detail, cluster, err := b.describe(ctx, topic)
	if err != nil {
		return "", err
	}
	if b.embedded != nil {
		cluster = b.embedded.id
	}
	return fmt.Sprintf("%s/%x", cluster, detail.TopicID), nil
}
