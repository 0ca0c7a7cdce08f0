package mqtt

import (
	"errors"
	"math"
	"net/url"
	"strings"
	"time"

	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/conf"
)

type connection struct {
	URL      string        `yaml:"url,required"`
	ClientID string        `yaml:"client_id,required"`
	Username string        `yaml:"username"`
	Password string        `yaml:"password"`
	CAFile   string        `yaml:"ca_file"`
	Timeout  time.Duration `yaml:"timeout"`
	Session  time.Duration `yaml:"session"`

	address string
	secure  bool
	host    string
}

type read struct {
	Topics  []string      `yaml:"topics,required"`
	Topic   string        `yaml:"topic"`
	Payload string        `yaml:"payload"`
	Idle    time.Duration `yaml:"idle"`
	Linger  time.Duration `yaml:"linger"`
	AtMost  time.Duration `yaml:"at_most"`
	Window  int           `yaml:"window"`

	pattern pattern
}

const (
	defaultTimeout = 10 * time.Second
	defaultSession = 7 * 24 * time.Hour
	defaultIdle    = 2 * time.Second
	defaultLinger  = 200 * time.Millisecond
	defaultAtMost  = 5 * time.Minute
	defaultWindow  = 2 * page.MaxRecords
)

// ports of the schemes, as registered with IANA.
var ports = map[string]string{"mqtt": "1883", "tcp": "1883", "mqtts": "8883", "ssl": "8883", "tls": "8883"}

func wrong(s conf.Section, key, value, want string) error {
	return conf.WrongValue.At(s.Get(key).Place(), "key", key, "value", value, "want", want)
}

func parseConnection(s conf.Section) (connection, error) {
	c := connection{Timeout: defaultTimeout, Session: defaultSession}
	if s.Absent() {
		return c, conf.MissingKey.At(s.Place(), "key", "connection", "want", "{url: mqtt://…, client_id: …}")
	}
	faults := []error{s.Decode(&c)}
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
	case err != nil || u.Hostname() == "" || ports[u.Scheme] == "":
		faults = append(faults, wrong(s, "url", "this text", "an address such as mqtt://host:1883 or mqtts://host:8883"))
	case u.User != nil:
		faults = append(faults, wrong(s, "url", "an address with a password", "username and password beside it"))
	default:
		c.address, c.host = u.Host, u.Hostname()
		if u.Port() == "" {
			c.address = u.Host + ":" + ports[u.Scheme]
		}
		c.secure = ports[u.Scheme] == "8883"
	}
	if c.Timeout <= 0 {
		faults = append(faults, wrong(s, "timeout", "this value", "a duration above 0"))
	}
	if c.Session < time.Minute || c.Session.Seconds() >= math.MaxUint32 {
		faults = append(faults, wrong(s, "session", "this value", "a duration of a minute or more"))
	}
	return c, errors.Join(faults...)
}

func parseRead(t *source.Table) (*read, error) {
	r := &read{Payload: "json", Idle: defaultIdle, Linger: defaultLinger, AtMost: defaultAtMost, Window: defaultWindow}
	s := t.Read
	if s.Absent() {
		return r, conf.MissingKey.At(s.Place(), "key", "read", "want", "{topics: [city/+/+]}")
	}
	faults := []error{s.Decode(r)}
	for _, filter := range r.Topics {
		if !validFilter(filter) {
			faults = append(faults, wrong(s, "topics", "this list", "filters such as city/+/pm25 or city/#"))
		}
	}
	if r.Payload != "json" && r.Payload != "text" {
		faults = append(faults, wrong(s, "payload", "this value", "json or text"))
	}
	if r.Idle <= 0 {
		faults = append(faults, wrong(s, "idle", "this value", "a duration above 0"))
	}
	if r.Linger <= 0 {
		faults = append(faults, wrong(s, "linger", "this value", "a duration above 0"))
	}
	if r.AtMost <= 0 {
		faults = append(faults, wrong(s, "at_most", "this value", "a duration above 0"))
	}
	if r.Window < 1 || r.Window > math.MaxUint16 {
		faults = append(faults, wrong(s, "window", "this value", "1 to 65535 messages"))
	}
	p, ok := parsePattern(r.Topic)
	if !ok {
		faults = append(faults, wrong(s, "topic", "this pattern", "levels and {names}, each name once, such as city/{station}/{metric}"))
	}
	r.pattern = p
	if t.Change == source.Snapshot {
		faults = append(faults, conf.WrongValue.At(s.Place(), "key", "change", "value", "snapshot", "want", "append or upsert: a queue is no complete state"))
	}
	return r, errors.Join(faults...)
}

// validFilter follows MQTT 5, 4.7.1: # stands alone and last, + alone.
func validFilter(filter string) bool {
	if filter == "" || strings.ContainsRune(filter, 0) {
		return false
	}
	levels := strings.Split(filter, "/")
	for i, l := range levels {
		if strings.Contains(l, "#") && (l != "#" || i != len(levels)-1) || strings.Contains(l, "+") && l != "+" {
			return false
		}
	}
	return true
}
