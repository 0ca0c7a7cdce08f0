package files

import (
	"bytes"
	"encoding/json"
	"slices"
)

// cursorVersion is the layout of the stored mark; a golden test holds it.
const cursorVersion = 1

// cursor is the mark of a files stream.
type cursor struct {
	Version int `json:"v"`
	// Done names the files that were read to their end, sorted.
	Done []string `json:"done,omitempty"`
	// Current is the file being read.
	Current *current `json:"current,omitempty"`
}

// current is how far a file was read.
type current struct {
	SHA  string `json:"sha"`
	Name string `json:"name"`
	position
}

// position is where the next record of a file begins.
type position struct {
	// Part is the number of the sheet.
	Part int `json:"part,omitempty"`
	// Row is how many records were taken; in a sheet, the last row's number.
	Row int64 `json:"row"`
	// Offset is the next record's offset in the content.
	Offset int64 `json:"offset,omitempty"`
	// Encoding is what was found out about the text, so that the rest is read
	// as the beginning was.
	Encoding encoding `json:"encoding,omitempty"`
}

func parseCursor(text string) (cursor, error) {
	c := cursor{Version: cursorVersion}
	if text == "" {
		return c, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, badCursor.At("").Because(err)
	}
	if cur := c.Current; c.Version != cursorVersion || (cur != nil && (len(cur.SHA) != 64 || cur.Part < 0 || cur.Row < 0 || cur.Offset < 0)) {
		return c, badCursor.At("")
	}
	slices.Sort(c.Done)
	return c, nil
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return "" // strings and numbers can't fail
	}
	return string(text)
}

func (c cursor) has(mark string) bool {
	_, ok := slices.BinarySearch(c.Done, mark)
	return ok
}

// with returns the cursor after a file is done.
func (c cursor) with(mark string) cursor {
	next := cursor{Version: cursorVersion, Done: slices.Clone(c.Done)}
	if at, found := slices.BinarySearch(next.Done, mark); !found {
		next.Done = slices.Insert(next.Done, at, mark)
	}
	return next
}
