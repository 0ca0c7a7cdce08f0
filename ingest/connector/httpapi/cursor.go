package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// markVersion is the layout of the stored mark; a golden test holds it.
const markVersion = 1

// mark is the cursor of a table behind an API.
type mark struct {
	Version int `json:"v"`
	// High is the highest time of the since field that was read to the end,
	// microseconds since 1970; nil when nothing was.
	High *int64 `json:"high,omitempty"`
	// Token goes on where the list ended, for paging.keep.
	Token string `json:"token,omitempty"`
	// Whole is the name of the last full read that came to its end.
	Whole string `json:"whole,omitempty"`
	// Run is the reading of a list that is under way.
	Run *run `json:"run,omitempty"`
}

// run is how far the reading of one list has come.
type run struct {
	// Name is the snapshot's, empty with since or keep.
	Name string `json:"name,omitempty"`
	// Since is the time that the list begins at, nil for all.
	Since *int64 `json:"since,omitempty"`
	// Page is the number of the page or the offset; Token the cursor token;
	// Link the path and query of the next page.
	Page  int64  `json:"page,omitempty"`
	Token string `json:"token,omitempty"`
	Link  string `json:"link,omitempty"`
	// Skip is how many elements of that page were taken, Taken a hash of them.
	Skip  int64  `json:"skip,omitempty"`
	Taken uint64 `json:"taken,omitempty"`
	// High is the highest time so far; Unordered says that times went down.
	High      *int64 `json:"high,omitempty"`
	Last      *int64 `json:"last,omitempty"`
	Unordered bool   `json:"unordered,omitempty"`
	// Read counts the elements so far; Total is the source's count, -1 for none.
	Read  int64 `json:"read"`
	Total int64 `json:"total"`
	// Changed says that the list was seen to change under the reading.
	Changed bool `json:"changed,omitempty"`
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
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return m, BadMark.At("")
	}
	if r := m.Run; m.Version != markVersion || r != nil && (r.Skip < 0 || r.Read < 0 || r.Page < 0 || r.Total < -1) {
		return m, BadMark.At("")
	}
	return m, nil
}

func (m mark) String() string {
	text, err := json.Marshal(m)
	if err != nil {
		return "" // texts, numbers and truth values can't fail
	}
	return string(text)
}
