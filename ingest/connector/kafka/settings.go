package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
)

type connection struct {
	Brokers []string      `yaml:"brokers,required"`
	TLS     bool          `yaml:"tls"`
	CAFile  string        `yaml:"ca_file"`
	SASL    *saslForm     `yaml:"sasl"`
	Timeout time.Duration `yaml:"timeout"`
}

type saslForm struct {
	Mechanism string `yaml:"mechanism,required"`
	Username  string `yaml:"username,required"`
	Password  string `yaml:"password,required"`
}

type read struct {
	Topic string `yaml:"topic,required"`
	Key   string `yaml:"key"`
}

const defaultTimeout = 10 * time.Second

func wrong(s conf.Section, key, value, want string) error {
	return conf.WrongValue.At(s.Get(key).Place(), "key", key, "value", value, "want", want)
}

func parseConnection(s conf.Section) (connection, error) {
	c := connection{Timeout: defaultTimeout}
	if s.Absent() {
		return c, conf.MissingKey.At(s.Place(), "key", "connection", "want", "{brokers: [host:9092]}")
	}
	faults := []error{s.Decode(&c)}
	var brokers []string
	for _, list := range c.Brokers {
		for _, b := range strings.Split(list, ",") {
			b = strings.TrimPrefix(strings.TrimSpace(b), "kafka://")
			if _, _, err := net.SplitHostPort(b); err != nil {
				faults = append(faults, wrong(s, "brokers", b, "host:port, one or several"))
			}
			brokers = append(brokers, b)
		}
	}
	c.Brokers = brokers
	if c.Timeout <= 0 {
		faults = append(faults, wrong(s, "timeout", "this value", "a duration above 0"))
	}
	if c.CAFile != "" && !c.TLS {
		faults = append(faults, wrong(s, "ca_file", c.CAFile, "tls: true beside it"))
	}
	if c.SASL != nil && c.mechanism() == nil {
		faults = append(faults, wrong(s.Get("sasl"), "mechanism", c.SASL.Mechanism, "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"))
	}
	return c, errors.Join(faults...)
}

func (c *connection) mechanism() sasl.Mechanism {
	switch f := c.SASL; strings.ToUpper(f.Mechanism) {
	case "PLAIN":
		return plain.Auth{User: f.Username, Pass: f.Password}.AsMechanism()
	case "SCRAM-SHA-256":
		return scram.Auth{User: f.Username, Pass: f.Password}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		return scram.Auth{User: f.Username, Pass: f.Password}.AsSha512Mechanism()
	}
	return nil
}

// options are what a client is made with.
func (c *connection) options() ([]kgo.Opt, error) {
	out := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...), kgo.ClientID("huiliu"), kgo.DisableClientMetrics(), kgo.DialTimeout(c.Timeout), kgo.RequestRetries(2), kgo.RetryTimeout(c.Timeout),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(), kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.FetchMaxWait(250 * time.Millisecond),
	}
	if c.SASL != nil {
		out = append(out, kgo.SASL(c.mechanism()))
	}
	if !c.TLS {
		return out, nil
	}
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		text, err := os.ReadFile(c.CAFile)
		secure.RootCAs = x509.NewCertPool()
		if err != nil || !secure.RootCAs.AppendCertsFromPEM(text) {
			return nil, NoCA.At(c.CAFile, "file", c.CAFile).Because(err)
		}
	}
	return append(out, kgo.DialTLSConfig(secure)), nil
}

func parseRead(t *source.Table) (*read, error) {
	r := &read{}
	if t.Read.Absent() {
		return r, conf.MissingKey.At(t.Read.Place(), "key", "read", "want", "{topic: …}")
	}
	faults := []error{t.Read.Decode(r)}
	if t.Change == source.Snapshot {
		faults = append(faults, conf.WrongValue.At(t.Read.Place(), "key", "change", "value", "snapshot", "want", "append, upsert or cdc: a topic is no complete state"))
	}
	return r, errors.Join(faults...)
}
