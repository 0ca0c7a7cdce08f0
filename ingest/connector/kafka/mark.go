package kafka

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
)

// markVersion is the layout of the stored mark; a golden test holds it.
const markVersion = 1

// mark is how far a topic was read.
type mark struct {
	Version int `json:"v"`
	// Topic is the topic's id (KIP-516): one that was made again has another.
	Topic string `json:"topic,omitempty"`
	// Next is the next offset to read, by partition.
	Next map[int32]int64 `json:"next,omitempty"`
}

func parseMark(text string) (mark, error) {
	m := mark{Version: markVersion}
	if text == "" {
		return m, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, BadMark.At("").Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || m.Version != markVersion {
		return m, BadMark.At("")
	}
	for p, next := range m.Next {
		if p < 0 || next < 0 {
			return m, BadMark.At("")
		}
	}
	return m, nil
}

// String writes the mark; the partitions stand in order.
func (m mark) String() string {
	text, err := json.Marshal(m)
	if err != nil {
		return "" // texts and numbers can't fail
	}
	return string(text)
}

func (m mark) clone() mark {
	m.Next = maps.Clone(m.Next)
	return m
}
