package sqldb

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// markVersion is the layout of the stored mark; a golden test holds it.
const markVersion = 1

// mark is the cursor of a table.
type mark struct {
	Version int `json:"v"`
	// By is the keyset that After belongs to, After its values in the last row
	// read: exact text, in SQLite with the value's kind before it.
	By    []string `json:"by,omitempty"`
	After []string `json:"after,omitempty"`
	// Whole is the name of the last full read that came to its end.
	Whole string `json:"whole,omitempty"`
	// Part is the full read under way, Begun how often it began, Read how many
	// rows it has given.
	Part  string `json:"part,omitempty"`
	Begun int64  `json:"begun,omitempty"`
	Read  int64  `json:"read,omitempty"`
}

// parseMark reads a mark and makes sure that it goes with the keyset.
func parseMark(text string, keyset []string) (mark, error) {
	m := mark{Version: markVersion}
	if text == "" {
		return m, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, BadMark.At("").Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return m, BadMark.At("")
	}
	if m.Version != markVersion || len(m.By) != len(m.After) || m.Begun < 0 || m.Read < 0 {
		return m, BadMark.At("")
	}
	if len(m.By) > 0 && !slices.Equal(m.By, keyset) || len(keyset) > 0 && (m.Whole != "" || m.Part != "") {
		return m, BadMark.At("")
	}
	return m, nil
}

func (m mark) String() string {
	text, err := json.Marshal(m)
	if err != nil {
		return "" // texts and numbers can't fail
	}
	return string(text)
}
