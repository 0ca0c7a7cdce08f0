package mqtt

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// markVersion is the layout of the stored mark; a golden test holds it.
const markVersion = 1

// mark counts the messages taken in. Where to go on the broker's session
// knows; the count tells pages apart and which messages a commit covers.
type mark struct {
	Version int   `json:"v"`
	Taken   int64 `json:"taken"`
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
	if _, err := d.Token(); !errors.Is(err, io.EOF) || m.Version != markVersion || m.Taken < 0 {
		return m, BadMark.At("")
	}
	return m, nil
}

func (m mark) String() string {
	text, err := json.Marshal(m)
	if err != nil {
		return "" // numbers can't fail
	}
	return string(text)
}
