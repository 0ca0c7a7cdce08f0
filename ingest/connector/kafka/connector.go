package kafka

import (
	"context"
	"errors"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/jsonrow"
	"huiliu/ingest/source"
)

// Connector reads the topics of one cluster.
type Connector struct {
	settings connection
	tables   map[string]*read
	names    []string
	tools    connector.Tools

	mu      sync.Mutex
	readers map[*reader]bool
}

// New makes the connector of a definition. It touches no network; all faults
// of the settings are joined.
func New(def *source.Definition, tools connector.Tools) (connector.Connector, error) {
	settings, err := parseConnection(def.Connection)
	faults := []error{err}
	c := &Connector{settings: settings, tables: map[string]*read{}, tools: tools, readers: map[*reader]bool{}}
	for i := range def.Tables {
		r, err := parseRead(&def.Tables[i])
		faults = append(faults, err)
		c.tables[def.Tables[i].Name] = r
		c.names = append(c.names, def.Tables[i].Name)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return c, nil
}

// Check asks the cluster for each topic.
func (c *Connector) Check(ctx context.Context) error {
	client, err := c.dial()
	if err != nil {
		return err
	}
	defer client.Close()
	for _, name := range c.names {
		if _, err := describe(ctx, client, &c.settings, c.tables[name].Topic); err != nil {
			return err
		}
	}
	return nil
}

func (c *Connector) dial() (*kgo.Client, error) {
	options, err := c.settings.options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, Unreachable.At(c.settings.Brokers[0]).Because(err)
	}
	return client, nil
}

// Open begins to read a table; the cluster is asked at the first Next.
func (c *Connector) Open(_ context.Context, req connector.Request) (connector.Reader, error) {
	settings, ok := c.tables[req.Table.Name]
	if !ok {
		return nil, errors.New("no table " + req.Table.Name)
	}
	m, err := parseMark(req.Cursor)
	if err != nil {
		return nil, err
	}
	r := &reader{connector: c, read: settings, mark: m, decoder: jsonrow.New()}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readers[r] = true
	return r, nil
}

// Close ends every connection.
func (c *Connector) Close() error {
	c.mu.Lock()
	open := make([]*reader, 0, len(c.readers))
	for r := range c.readers {
		open = append(open, r)
	}
	c.mu.Unlock()
	var faults []error
	for _, r := range open {
		faults = append(faults, r.Close())
	}
	return errors.Join(faults...)
}

func (c *Connector) forget(r *reader) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.readers, r)
}

// topicState is a topic as the cluster tells of it.
type topicState struct {
	id         string
	start, end map[int32]int64
}

// describe asks for a topic's id and where its partitions begin and end for a
// reader that sees only what is committed.
func describe(ctx context.Context, client *kgo.Client, settings *connection, topic string) (topicState, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 3*settings.Timeout, errSlow)
	defer cancel()
	admin := kadm.NewClient(client)
	place := settings.Brokers[0] + "/" + topic
	meta, err := admin.Metadata(ctx, topic)
	if err == nil {
		err = meta.Topics[topic].Err
	}
	if err != nil {
		return topicState{}, explain(place, topic, err)
	}
	s := topicState{id: meta.Topics[topic].ID.String(), start: map[int32]int64{}, end: map[int32]int64{}}
	for _, ask := range []struct {
		list func(context.Context, ...string) (kadm.ListedOffsets, error)
		into map[int32]int64
	}{{admin.ListStartOffsets, s.start}, {admin.ListCommittedOffsets, s.end}} {
		listed, err := ask.list(ctx, topic)
		if err == nil {
			err = listed.Error()
		}
		if err != nil {
			return s, explain(place, topic, err)
		}
		for p, o := range listed[topic] {
			ask.into[p] = o.Offset
		}
	}
	return s, nil
}

var errSlow = errors.New("the cluster took too long to answer")

// explain makes a fault of what the client says.
func explain(place, topic string, err error) error {
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID), errors.Is(err, kerr.InvalidTopicException):
		return NoTopic.At(place, "topic", topic).Because(err)
	case errors.Is(err, kerr.SaslAuthenticationFailed), errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed), errors.Is(err, kerr.UnsupportedSaslMechanism), errors.Is(err, kerr.IllegalSaslState):
		return Denied.At(place).Because(err)
	case errors.Is(err, context.Canceled):
		return err
	}
	return Unreachable.At(place).Because(err)
}
