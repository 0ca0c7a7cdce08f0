package files

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/source"
)

// define makes a definition of one table; read is the inside of its braces.
func define(t testing.TB, root, change, read string) *source.Definition {
	t.Helper()
	return connectortest.Definition(t, fmt.Sprintf(`
id: trial
connector: files
zone: Asia/Shanghai
connection: {root: %q}
tables:
  - {name: t, change: %s, key: [$origin, $row], read: {%s}}
`, root, change, read), nil)
}

func write(t testing.TB, root, name string, text []byte) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func zip(text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(text)
	_ = w.Close()
	return out.Bytes()
}

// people writes n records from a first number on in a format, and what must
// be read of them.
func people(format string, from, n int) ([]byte, []connectortest.Item) {
	var out strings.Builder
	var want []connectortest.Item
	switch format {
	case "csv":
		out.WriteString("id,name,note\r\n")
	case "json":
		out.WriteString("{\"total\": 3, \"data\": {\"rows\": [\n")
	case "xml":
		out.WriteString("<?xml version=\"1.0\"?>\n<!-- <row> --><e:export xmlns:e=\"urn:x\"><rows>\n")
	}
	for i := from; i < from+n; i++ {
		values := map[string]string{"id": fmt.Sprint(i), "name": fmt.Sprintf("居民%d", i), "note": "第一行\n\"第二行\", " + fmt.Sprint(i)}
		if i%7 == 0 {
			delete(values, "note")
		}
		switch format {
		case "csv":
			fmt.Fprintf(&out, "%s,%s,", values["id"], values["name"])
			if note, ok := values["note"]; ok {
				fmt.Fprintf(&out, `"%s"`, strings.ReplaceAll(note, `"`, `""`))
			}
			out.WriteString("\r\n")
		case "xml":
			fmt.Fprintf(&out, "<e:row ><id>%d</id><name><![CDATA[%s]]></name>", i, values["name"])
			if note, ok := values["note"]; ok {
				out.WriteString("<note>")
				_ = xml.EscapeText(&out, []byte(note))
				out.WriteString("</note>")
			}
			out.WriteString("</e:row>\n")
		default:
			fmt.Fprintf(&out, `{"id":%d,"name":%q`, i, values["name"])
			if note, ok := values["note"]; ok {
				fmt.Fprintf(&out, `,"note":%q`, note)
			}
			out.WriteString("}")
			if format == "json" && i < from+n-1 {
				out.WriteByte(',')
			}
			out.WriteByte('\n')
		}
		want = append(want, connectortest.Item{Values: values})
	}
	switch format {
	case "json":
		out.WriteString("]}}")
	case "xml":
		out.WriteString("</rows></e:export>\n")
	}
	return []byte(out.String()), want
}

func TestAcceptance(t *testing.T) {
	for _, c := range []struct{ name, format, ending, read string }{
		{"csv", "csv", ".csv", "path: '*.csv'"},
		{"csv in GB18030", "csv", ".csv", "path: '*.csv'"},
		{"csv in UTF-16", "csv", ".csv", "path: '*.csv', encoding: utf-16"},
		{"csv in gzip", "csv", ".csv.gz", "path: 'sub/*.csv.gz'"},
		{"json lines", "jsonl", ".jsonl", "path: '*.jsonl'"},
		{"json lines in gzip", "jsonl", ".jsonl.gz", "path: '*.gz'"},
		{"json document", "json", ".json", "path: '*.json', records: data.rows"},
		{"xml", "xml", ".xml", "path: '*.xml', records: /export/rows/row"},
		{"xml in GB18030", "xml", ".xml", "path: '*.xml', records: row, encoding: gb18030"},
		{"xml in UTF-16", "xml", ".xml", "path: '*.xml', records: row, encoding: utf-16"},
		{"xml in gzip", "xml", ".xml.gz", "path: '*.gz', records: row"},
	} {
		t.Run(c.name, func(t *testing.T) {
			connectortest.Run(t, connectortest.Subject{Factory: New, New: func(t *testing.T) connectortest.Feed {
				root := t.TempDir()
				dir := ""
				if strings.Contains(c.read, "sub/") {
					dir = "sub/"
				}
				put := func(name string, from, n int) []connectortest.Item {
					text, want := people(c.format, from, n)
					switch c.name {
					case "csv in GB18030", "xml in GB18030":
						text = gb(t, string(text))
					case "csv in UTF-16", "xml in UTF-16":
						text = utf16Text(string(text))
					}
					if strings.HasSuffix(c.ending, ".gz") {
						text = zip(text)
					}
					write(t, root, dir+name+c.ending, text)
					return want
				}
				want := append(put("a", 0, 9000), put("b", 9000, 3)...)
				put("c", 0, 0)
				return connectortest.Feed{
					Definition: define(t, root, "append", c.read), Want: want,
					Append: func(t *testing.T) []connectortest.Item { return put("0-early", 10000, 5000) },
					Break: func(t *testing.T) func() {
						if err := os.Rename(root, root+".away"); err != nil {
							t.Fatal(err)
						}
						return func() {
							if err := os.Rename(root+".away", root); err != nil {
								t.Fatal(err)
							}
						}
					},
				}
			}})
		})
	}
}

// utf16Text writes little endian UTF-16 without a mark.
func utf16Text(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// realData returns the folder of public data, or skips.
func realData(t testing.TB) string {
	root := os.Getenv("HUILIU_DATA")
	if root == "" {
		t.Skip("HUILIU_DATA is not set: no real data to read")
	}
	return root
}

func TestRealFiles(t *testing.T) {
	root := realData(t)
	for _, c := range []struct {
		read  string
		want  int
		check map[string]string // of the first record
	}{
		{"path: cn-pingshan-events/events_*.csv", 6952, map[string]string{"REC_ID": "9148", "DISTRICT_NAME": "坪山区"}},
		{"path: 'nyc-311-snapshots/snapshot_2026-08-02.csv.gz'", 777, nil},
		{"path: 'nyc-311-snapshots/snapshot_*.csv.gz', date: 'snapshot_{2006-01-02}.csv.gz'", 777 + 11073 + 19989 + 30990, nil},
		{"path: beijing-air-quality/*.csv", 35064, map[string]string{"No": "1", "wd": "NNW"}},
		{"path: buildings/seattle_*.csv", 3340, nil},
		{"path: projects/calgary_*.csv", 5000, nil},
		{"path: projects/nyc_*.csv", 12587, nil},
		{"path: buildings/nyc_elevators.csv.gz", 76081, nil},
		{"path: linkage/chicago_*.csv", 3337, nil},
		{"path: sf-food-inspections/businesses.csv, encoding: latin-1", 6399, nil},
		{"path: linkage/dblp_acm_dblp.csv, delimiter: '%'", 2616, nil},
		{"path: linkage/febrl_dataset1.csv, trim: true", 1000, map[string]string{"rec_id": "rec-223-org", "surname": "waller"}},
		{"path: village-population/vital_*.csv, header: 2, header_row: 2", 7760, nil},
		{"path: cn-enterprises/shanghai_2004.csv", -1, nil},
		{"path: open311/sf_*.json", 555, map[string]string{"model": "dashboard.city"}},
		{"path: cn-citizen-messages/attachment3_*.xlsx", 4326, map[string]string{"留言编号": "188006"}},
		{"path: cn-citizen-messages/attachment2_*.xlsx", 495, nil},
		{"path: cn-citizen-messages/attachment1_*.xlsx", 517, nil},
		{"path: cn-divisions/chinese_family_names.xlsx, sheet: 中文姓氏1074个", 1074, nil},
		{"path: other-311/*.csv.gz", 5895, nil},
	} {
		t.Run(c.read, func(t *testing.T) {
			items := connectortest.Read(t, New, define(t, root, "append", c.read), &connectortest.Keeper{})
			rejects := 0
			for _, it := range items {
				if it.Reject != "" {
					rejects++
					t.Logf("%s %s %.80q", it.Reject, it.Place, it.Raw)
				}
			}
			if c.want >= 0 && len(items) != c.want || rejects > 0 {
				t.Errorf("%d items with %d rejects, want %d records", len(items), rejects, c.want)
			}
			for k, v := range c.check {
				if items[0].Values[k] != v {
					t.Errorf("first record: %s = %q, want %q", k, items[0].Values[k], v)
				}
			}
		})
	}
}
