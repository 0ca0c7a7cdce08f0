package files

import (
	"context"
	"testing"

	"huiliu/ingest/connector"
	"huiliu/ingest/connector/connectortest"
)

// TestWholeFiles says of whole files whether they are refused, and whether
// what is absent from them may count as gone.
func TestWholeFiles(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		refused          string
		read             int64
		end              bool
	}{
		{"JSON lines called CSV", "x.csv", "{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":3}\n", "file_wrong_kind", 1, false},
		{"a JSON document called CSV", "x.csv", "[\n {\"a\":1}\n]\n", "file_wrong_kind", 1, false},
		{"CSV whose first name has a bracket", "x.csv", "[id],name\n1,2\n", "", 1, true},
		{"CSV called JSON lines", "x.jsonl", "a,b\n1,2\n3,4\n", "file_wrong_kind", 1, false},
		{"JSON lines with a broken first line", "x.jsonl", "rubbish\n{\"a\":1}\n", "json_syntax", 2, true},
		{"JSON called CSV, with a mark", "x.csv", "\xef\xbb\xbf{\"a\":1}\n", "file_wrong_kind", 1, false},
		{"one broken line", "x.jsonl", "rubbish\n", "json_syntax", 1, true},
		{"JSON lines cut in the last line", "x.jsonl", "{\"a\":1}\n{\"a\":", "json_cut", 2, false},
		{"a broken line that ends", "x.jsonl", "{\"a\":1}\n{\"a\":\n", "json_cut", 2, true},
		{"UTF-8 with a bad byte in a small file", "x.csv", "编号,名称\n1,中文\n2,\xff\n3,文\n", "invalid_bytes", 3, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, c.file, []byte(c.text))
			def := define(t, root, "snapshot", "path: '*'")
			made, err := New(def, connectortest.Tools(&connectortest.Keeper{}))
			if err != nil {
				t.Fatal(err)
			}
			defer made.Close()
			r, err := made.Open(context.Background(), connector.Request{Table: &def.Tables[0]})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			pages := connectortest.ReadAll(t, r)
			last, refused := pages[len(pages)-1], ""
			for _, it := range last.Items {
				refused = max(refused, it.Reject)
			}
			if refused != c.refused || last.Read != c.read || last.Snapshot.End != c.end {
				t.Errorf("reject %q of %d read, end %v; want %q of %d, end %v", refused, last.Read, last.Snapshot.End, c.refused, c.read, c.end)
			}
		})
	}
}
