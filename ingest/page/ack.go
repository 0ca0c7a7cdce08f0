package page

import (
	"encoding/json"
	"fmt"
)

// Ack is the loader's word on what it has committed: every stream's state in
// one message, sent at the loader's start and after each commit.
type Ack struct {
	Site    string      `json:"site"`
	Streams []AckStream `json:"streams"`
}

// AckStream is one stream's committed state and where in the log it is
// reached.
type AckStream struct {
	Source string `json:"source"`
	Table  string `json:"table"`
	Stream string `json:"stream"`
	State
	LogID string `json:"log_id"`
	// Next is the offset of the first message not yet committed.
	Next int64 `json:"next"`
	// Stopped is the code of the fault that stopped the stream, empty when
	// it runs.
	Stopped string `json:"stopped,omitempty"`
}

// Find returns a stream's entry; the zero entry when the loader has none.
func (a *Ack) Find(source, stream string) AckStream {
	for _, s := range a.Streams {
		if s.Source == source && s.Stream == stream {
			return s
		}
	}
	return AckStream{Source: source, Stream: stream}
}

// Encode writes the message.
func (a *Ack) Encode() ([]byte, error) { return json.Marshal(a) }

// ParseAck reads a message of the ack topic.
func ParseAck(value []byte) (*Ack, error) {
	var a Ack
	if err := json.Unmarshal(value, &a); err != nil {
		return nil, fmt.Errorf("acknowledgement: %w", err)
	}
	return &a, nil
}
