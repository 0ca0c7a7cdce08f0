package files

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// otherText names what the beginning of a text is when it is not the format
// that it claims to be, empty when it may be: JSON called CSV would become
// columns of nonsense, CSV called JSON lines a reject a line.
func otherText(format string, head []byte) string {
	lines := bytes.Split(head, []byte("\n"))
	if len(head) >= headSize-4 && len(lines) > 1 {
		lines = lines[:len(lines)-1] // it goes on behind the head, of which a mark was taken off
	}
	switch format {
	case "xml":
		if text := bytes.TrimLeft(head, " \t\r\n"); len(text) > 0 && text[0] != '<' && text[0] < 0x80 && text[0] != 0 {
			return "text"
		}
	case "csv":
		if len(lines) > 0 && isJSON(bytes.TrimSpace(lines[0])) {
			return "JSON"
		}
	case "jsonl":
		seen := 0
		for _, line := range lines {
			line = bytes.TrimLeft(line, " \t\r")
			if len(line) == 0 {
				continue
			}
			if seen++; bytes.IndexByte([]byte(`{["`), line[0]) >= 0 || line[0] >= 0x80 || line[0] == 0 {
				return ""
			}
		}
		// One line may be a broken record; several without a single record
		// among them are another kind of file.
		if seen > 1 {
			return "text"
		}
	}
	return ""
}

// isJSON reports whether a line is a JSON object or list, or opens one that
// is written over several lines.
func isJSON(line []byte) bool {
	if len(line) == 0 || line[0] != '{' && line[0] != '[' {
		return false
	}
	return len(line) == 1 || jsontext.Value(line).IsValid()
}
