package broker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// EnsureTopic makes a topic with at least so many partitions, kept for ever:
// pages leave the log only by Trim. On a cluster of three nodes and more it
// is kept three times, two of which must have a page before it counts.
func (b *Broker) EnsureTopic(ctx context.Context, topic string, partitions int) error {
	before, err := b.partitions(ctx, topic)
	if err != nil {
		return err
	}
	have := before
	if have == 0 {
		if err := b.create(ctx, topic, partitions); err != nil {
			return fmt.Errorf("make topic %s: %w", topic, err)
		}
		detail, _, err := b.await(ctx, topic)
		if err != nil {
			return err
		}
		have = len(detail.Partitions)
	}
	if have < partitions { // also where another process made the topic meanwhile, with fewer
		if err := b.grow(ctx, topic, partitions); err != nil {
			return fmt.Errorf("grow topic %s: %w", topic, err)
		}
	}
	if err := b.keepSafe(ctx, topic); err != nil || before >= partitions {
		return err
	}
	b.wire.CloseIdleConnections() // forgets what it knew of the topic
	return b.awaitLeaders(ctx, topic, partitions)
}

// grow adds partitions. Another process may have added them meanwhile: then
// there is nothing left to do.
func (b *Broker) grow(ctx context.Context, topic string, partitions int) error {
	answers, err := b.admin.UpdatePartitions(ctx, partitions, topic)
	if err == nil {
		err = answers.Error()
	}
	if err == nil {
		return nil
	}
	if have, again := b.partitions(ctx, topic); again == nil && have >= partitions {
		return nil
	}
	return err
}

// setting is one setting of a topic that pages depend on.
type setting struct {
	key, want string
	// holds tells whether a value other than want serves as well.
	holds func(value string) bool
}

// settings lists what a topic kept on so many nodes needs.
func settings(replicas int) []setting {
	equal := func(string) bool { return false }
	atLeast := func(want int64) func(string) bool {
		return func(value string) bool {
			n, err := strconv.ParseInt(value, 10, 64)
			return err == nil && n >= want
		}
	}
	out := []setting{
		{"retention.ms", "-1", equal},
		{"retention.bytes", "-1", equal},
		{"cleanup.policy", "delete", equal},
		{"max.message.bytes", strconv.Itoa(MaxMessage), atLeast(MaxMessage)},
	}
	if replicas >= 3 {
		out = append(out, setting{"min.insync.replicas", "2", atLeast(2)})
	}
	return out
}

// keepSafe reads the settings of a real cluster's topic back, and corrects
// those that would lose or refuse pages.
func (b *Broker) keepSafe(ctx context.Context, topic string) error {
	if b.embedded != nil {
		return nil
	}
	detail, _, err := b.await(ctx, topic)
	if err != nil || len(detail.Partitions) == 0 {
		return err
	}
	wrong, err := b.unsafe(ctx, topic, len(detail.Partitions[0].Replicas))
	if err != nil || len(wrong) == 0 {
		return err
	}
	var changes []kadm.AlterConfig
	for _, w := range wrong {
		changes = append(changes, kadm.AlterConfig{Op: kadm.SetConfig, Name: w.key, Value: &w.want})
	}
	answers, err := b.admin.AlterTopicConfigs(ctx, changes, topic)
	for _, a := range answers {
		err = errors.Join(err, a.Err)
	}
	if err != nil {
		return Unsafe.At(topic, "key", wrong[0].key, "have", wrong[0].value, "want", wrong[0].want).Because(err)
	}
	return nil
}

type unsafeSetting struct {
	setting
	value string
}

// describeTries and describePause are how long a broker may take to hear of a
// topic that its cluster has made: two seconds in all.
const (
	describeTries = 20
	describePause = 100 * time.Millisecond
)

func (b *Broker) unsafe(ctx context.Context, topic string, replicas int) ([]unsafeSetting, error) {
	answers, err := b.admin.DescribeTopicConfigs(ctx, topic)
	// Any broker answers, also one that has not yet heard of a topic just made.
	for try := 0; try < describeTries && err == nil && len(answers) > 0 && errors.Is(answers[0].Err, kerr.UnknownTopicOrPartition); try++ {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(describePause):
		}
		answers, err = b.admin.DescribeTopicConfigs(ctx, topic)
	}
	if err != nil {
		return nil, fmt.Errorf("read settings of topic %s: %w", topic, err)
	}
	have := map[string]string{}
	for _, a := range answers {
		if a.Err != nil {
			return nil, fmt.Errorf("read settings of topic %s: %w", topic, a.Err)
		}
		for _, c := range a.Configs {
			have[c.Key] = c.MaybeValue()
		}
	}
	var wrong []unsafeSetting
	for _, s := range settings(replicas) {
		if value := have[s.key]; value != s.want && !s.holds(value) {
			wrong = append(wrong, unsafeSetting{s, value})
		}
	}
	return wrong, nil
}

// create asks for three copies first: a cluster that has lost a node for the
// moment still has room for them, and a topic made with fewer would stay so.
// Only a cluster too small for three takes as many as it has nodes.
func (b *Broker) create(ctx context.Context, topic string, partitions int) error {
	copies := 1
	if b.embedded == nil {
		copies = 3
	}
	err := b.createWith(ctx, topic, partitions, copies)
	if copies == 1 || !errors.Is(err, kerr.InvalidReplicationFactor) {
		return err
	}
	nodes, err := b.admin.ListBrokers(ctx)
	if err != nil {
		return err
	}
	return b.createWith(ctx, topic, partitions, min(copies, len(nodes)))
}

func (b *Broker) createWith(ctx context.Context, topic string, partitions, copies int) error {
	config := map[string]*string{"segment.bytes": kadm.StringPtr(strconv.Itoa(b.segmentBytes()))}
	for _, s := range settings(copies) {
		config[s.key] = &s.want
	}
	_, err := b.admin.CreateTopic(ctx, int32(partitions), int16(copies), config, topic)
	if errors.Is(err, kerr.TopicAlreadyExists) {
		return nil
	}
	return err
}

// segmentBytes is how much a segment of a log holds: less in the embedded
// broker, which reads its segments whole at each start.
func (b *Broker) segmentBytes() int {
	if b.embedded != nil {
		return segmentBytes
	}
	return 64 << 20
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
	if err == nil && len(answer.Topics) != 1 {
		err = fmt.Errorf("%d topics in the answer", len(answer.Topics))
	}
	if err == nil {
		err = kerr.ErrorForCode(answer.Topics[0].ErrorCode)
	}
	if err != nil {
		return kmsg.MetadataResponseTopic{}, "", fmt.Errorf("describe topic %s: %w", topic, err)
	}
	cluster := ""
	if answer.ClusterID != nil {
		cluster = *answer.ClusterID
	}
	return answer.Topics[0], cluster, nil
}

// await describes a topic that is there: a node of a cluster may hear of a new
// topic some moments after the one that made it.
func (b *Broker) await(ctx context.Context, topic string) (kmsg.MetadataResponseTopic, string, error) {
	type answer struct {
		detail  kmsg.MetadataResponseTopic
		cluster string
	}
	got, err := backoff.Retry(ctx, func() (a answer, err error) {
		a.detail, a.cluster, err = b.describe(ctx, topic)
		if err != nil && !errors.Is(err, kerr.UnknownTopicOrPartition) {
			err = backoff.Permanent(err)
		}
		return a, err
	}, backoff.WithBackOff(backoff.NewConstantBackOff(50*time.Millisecond)), backoff.WithMaxElapsedTime(settling))
	return got.detail, got.cluster, err
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
	if b.embedded != nil {
		b.embedded.wrote(topic, partition, end)
		return b.embedded.keepEnds()
	}
	return nil
}

// LogID names this incarnation of a topic's log: a topic that was deleted and
// made again, or a broker's folder that was emptied, has another. On a real
// cluster it is the cluster's id and the topic's (KIP-516).
func (b *Broker) LogID(ctx context.Context, topic string) (string, error) {
	detail, cluster, err := b.await(ctx, topic)
	if err != nil {
		return "", err
	}
	if b.embedded != nil {
		cluster = b.embedded.id
	}
	return fmt.Sprintf("%s/%x", cluster, detail.TopicID), nil
}
