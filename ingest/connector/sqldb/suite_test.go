package sqldb

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"huiliu/ingest/connector/connectortest"
)

const rows = 4500

// fill writes rows in which twenty share each time.
func fill(t testing.TB, s *server, table string) []connectortest.Item {
	t.Helper()
	var want []connectortest.Item
	for i := 0; i < rows; i += 500 {
		var values []string
		for j := i; j < min(i+500, rows); j++ {
			values = append(values, insert(j))
			want = append(want, item(j))
		}
		s.exec(t, "INSERT INTO "+table+" VALUES "+strings.Join(values, ","))
	}
	return want
}

func at(i int) string {
	return fmt.Sprintf("2025-01-%02d %02d:%02d:00", 1+i/20/1440, i/20/60%24, i/20%60)
}

func insert(i int) string { return fmt.Sprintf("(%d, '第%d人', '%s')", i, i, at(i)) }

func item(i int) connectortest.Item {
	return connectortest.Item{Values: map[string]string{"id": strconv.Itoa(i), "xm": fmt.Sprintf("第%d人", i), "updated_at": at(i)}}
}

// TestAcceptance runs the suite over both ways of reading.
func TestAcceptance(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		for _, c := range []struct {
			name, read, change string
			full               bool
		}{
			{"keyset", "table: %s, keyset: [updated_at, id]", "upsert", false},
			{"keyset of a query", "query: \"SELECT id, xm, updated_at FROM %s WHERE id >= 0\", keyset: [updated_at, id], where: id >= 0", "upsert", false},
			{"full", "table: %s", "snapshot", true},
		} {
			t.Run(c.name, func(t *testing.T) {
				connectortest.Run(t, connectortest.Subject{Factory: New, Overlap: c.full, New: func(t *testing.T) connectortest.Feed {
					kind := map[string]string{"sqlite": "TEXT", "postgres": "timestamp", "mysql": "DATETIME(6)"}[s.dialect]
					table := s.table(t, "id INTEGER PRIMARY KEY, xm VARCHAR(40), updated_at "+kind+" NOT NULL")
					want := fill(t, s, table)
					if kind != "TEXT" {
						for i := range want {
							want[i].Values["updated_at"] = strings.Replace(want[i].Values["updated_at"], " ", "T", 1)
						}
					}
					f := connectortest.Feed{
						Definition: connectortest.Definition(t, s.yaml(c.change, fmt.Sprintf(c.read, table)), nil),
						Want:       want,
						Break: func(t *testing.T) func() {
							s.exec(t, "ALTER TABLE "+table+" RENAME TO "+table+"_away")
							return func() { s.exec(t, "ALTER TABLE "+table+"_away RENAME TO "+table) }
						},
					}
					if c.full {
						f.Break = nil // the open transaction does not see it
						return f
					}
					f.Append = func(t *testing.T) []connectortest.Item {
						s.exec(t, "INSERT INTO "+table+" VALUES "+insert(rows)+","+insert(rows+1), "UPDATE "+table+" SET updated_at = '2025-06-01 00:00:00' WHERE id = 3")
						moved := item(3)
						moved.Values["updated_at"] = "2025-06-01 00:00:00"
						out := []connectortest.Item{item(rows), item(rows + 1), moved}
						if kind != "TEXT" {
							for i := range out {
								out[i].Values["updated_at"] = strings.Replace(out[i].Values["updated_at"], " ", "T", 1)
							}
						}
						return out
					}
					return f
				}})
			})
		}
	})
}
