package sqldb

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
)

// typeCase is one column: its declaration, a literal, and what a page holds.
type typeCase struct {
	declared, literal, want string
	kind                    page.Kind
}

var typeCases = map[string][]typeCase{
	"postgres": {
		{"smallint", "-32768", "-32768", page.Int},
		{"bigint", "9223372036854775807", "9223372036854775807", page.Int},
		{"numeric", "123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789", page.Text},
		{"numeric(12,2)", "5", "5.00", page.Text},
		{"real", "0.1", "0.1", page.Float},
		{"double precision", "0.1", "0.1", page.Float},
		{"double precision", "'NaN'", "NaN", page.Float},
		{"boolean", "true", "true", page.Bool},
		{"timestamptz", "'2025-03-04 08:05:06.123456+08'", "2025-03-04T00:05:06.123456Z", page.Instant},
		{"timestamp", "'2025-03-04 08:05:06.123456'", "2025-03-04T08:05:06.123456", page.LocalTime},
		{"date", "'1949-10-01'", "1949-10-01", page.Date},
		{"time", "'08:05:06.5'", "08:05:06.5", page.Text},
		{"bytea", `'\x00ff10'`, "AP8Q", page.Bytes},
		{"bytea", `''`, "", page.Bytes},
		{"jsonb", `'{"a": [1, 2.50]}'`, `{"a": [1, 2.50]}`, page.JSON},
		{"uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", page.Text},
		{"text", "'云溪'", "云溪", page.Text},
		{"text", "''", "", page.Text},
		{"text[]", "'{a,b}'", "{a,b}", page.Text},
		{"interval", "'1 day 2 hours'", "P1DT2H", page.Text},
		// What the kind can't hold comes as its text, and widens its column.
		{"timestamptz", "'infinity'", "infinity", page.Text},
		{"date", "'0044-03-15 BC'", "0044-03-15 BC", page.Text},
	},
	"mysql": {
		{"TINYINT(1)", "1", "1", page.Int},
		{"BIGINT", "-9223372036854775808", "-9223372036854775808", page.Int},
		{"BIGINT UNSIGNED", "18446744073709551615", "18446744073709551615", page.Text},
		{"BIGINT UNSIGNED", "7", "7", page.Text},
		{"INT UNSIGNED", "4294967295", "4294967295", page.Int},
		{"DECIMAL(40,10)", "123456789012345678901234567890.1234567890", "123456789012345678901234567890.1234567890", page.Text},
		{"FLOAT", "16777215", "16777215", page.Float},
		{"FLOAT", "0.1", "0.1", page.Float},
		{"DOUBLE", "0.1", "0.1", page.Float},
		{"YEAR", "2025", "2025", page.Int},
		{"DATETIME(6)", "'2025-03-04 08:05:06.123456'", "2025-03-04T08:05:06.123456", page.LocalTime},
		{"DATE", "'1949-10-01'", "1949-10-01", page.Date},
		{"TIME", "'-120:30:00'", "-120:30:00", page.Text},
		{"VARBINARY(9)", "x'00ff10'", "AP8Q", page.Bytes},
		{"LONGBLOB", "''", "", page.Bytes},
		{"LONGTEXT", "'云溪😀'", "云溪😀", page.Text},
		{"VARCHAR(9)", "''", "", page.Text},
		{"ENUM('甲','乙')", "'乙'", "乙", page.Text},
		{"DATE", "'0000-00-00'", "0000-00-00", page.Text},
		{"DATETIME", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00", page.Text},
	},
	"sqlite": {
		{"INTEGER", "-9223372036854775808", "-9223372036854775808", page.Int},
		{"BOOLEAN", "1", "1", page.Int},
		{"REAL", "0.1", "0.1", page.Float},
		{"DECIMAL(12,2)", "12.5", "12.5", page.Float},
		{"DECIMAL(12,2)", "12", "12", page.Int},
		{"DATETIME", "'2025-03-04 08:05:06'", "2025-03-04 08:05:06", page.Text},
		{"DATE", "'2025年3月4日'", "2025年3月4日", page.Text},
		{"TIMESTAMP", "1700000000", "1700000000", page.Int},
		{"TEXT", "''", "", page.Text},
		{"BLOB", "x'00ff10'", "AP8Q", page.Bytes},
		{"BLOB", "x''", "", page.Bytes},
		{"INTEGER", "'not a number'", "not a number", page.Text},
		{"TEXT", "CAST(x'b5d8' AS TEXT)", "tdg=", page.Bytes},
	},
}

// TestTypes reads one value of each type, alone in its column, and one NULL.
func TestTypes(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		for _, c := range typeCases[s.dialect] {
			t.Run(c.declared+" "+c.literal, func(t *testing.T) {
				table := s.table(t, "id INTEGER PRIMARY KEY, v "+c.declared+" NULL")
				statement := "INSERT INTO " + table + " VALUES (1, " + c.literal + "), (2, NULL)"
				if s.dialect == "mysql" {
					statement = "SET STATEMENT sql_mode='' FOR " + statement
				}
				s.exec(t, statement)
				conn := s.connector(t, "snapshot", "table: "+table)
				pages := connectortest.ReadAll(t, open(t, conn, "", "1"))
				got := pages[0]
				if len(got.Items) != 2 {
					t.Fatalf("%d rows", len(got.Items))
				}
				if v, ok := got.Items[0].Values["v"]; !ok || v != c.want {
					t.Errorf("value %q (there: %v), want %q", v, ok, c.want)
				}
				if v, ok := got.Items[1].Values["v"]; ok {
					t.Errorf("NULL is read as %q", v)
				}
				if kind := got.Fields[1].Kind; kind != c.kind {
					t.Errorf("kind %s, want %s", kind, c.kind)
				}
			})
		}
	})
}

func TestTimestampOfMySQLIsAMoment(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		if s.dialect != "mysql" {
			t.Skip("a type of MySQL alone")
		}
		table := s.table(t, "id INTEGER PRIMARY KEY, v TIMESTAMP(6) NOT NULL")
		s.exec(t, "SET STATEMENT time_zone='+08:00' FOR INSERT INTO "+table+" VALUES (1, '2025-03-04 08:05:06.123456')")
		items := connectortest.Read(t, New, connectortest.Definition(t, s.yaml("upsert", "table: "+table+", keyset: [v, id]"), nil), &connectortest.Keeper{})
		if got := items[0].Values["v"]; got != "2025-03-04T00:05:06.123456Z" {
			t.Errorf("got %s", got)
		}
	})
}

// TestKeysetTypes pages over every type that can order rows, by pages of two,
// with ties in the first column.
func TestKeysetTypes(t *testing.T) {
	values := map[string][]string{
		"numeric(30,20)": {"0.00000000000000000001", "0.00000000000000000002", "9007199254740992.5", "9007199254740993.5"},
		"bigint":         {"-5", "9007199254740992", "9007199254740993", "9223372036854775807"},
		"timestamptz":    {"'2025-01-01 00:00:00.000001+00'", "'2025-01-01 00:00:00.000002+00'", "'2025-01-01 00:00:01+00'", "'2025-02-01 00:00:00+00'"},
		"timestamp":      {"'2025-01-01 00:00:00.000001'", "'2025-01-01 00:00:00.000002'", "'2025-01-01 00:00:01'", "'2025-02-01 00:00:00'"},
		"date":           {"'1969-12-31'", "'1970-01-01'", "'2025-01-01'", "'2025-01-02'"},
		"varchar(20)":    {"''", "'A1'", "'B quote '' and \" more'", "'云溪'"},
	}
	native := map[string]map[string]string{
		"mysql":    {"numeric(30,20)": "DECIMAL(38,20)", "bigint": "BIGINT", "timestamptz": "TIMESTAMP(6)", "timestamp": "DATETIME(6)", "date": "DATE", "varchar(20)": "VARCHAR(40)"},
		"sqlite":   {"numeric(30,20)": "", "timestamptz": "TEXT", "timestamp": "TEXT", "date": "TEXT", "varchar(20)": "TEXT", "bigint": "INTEGER"},
		"postgres": {"numeric(30,20)": "numeric(40,20)", "bigint": "bigint", "timestamptz": "timestamptz", "timestamp": "timestamp", "date": "date", "varchar(20)": "varchar(40)"},
	}
	eachServer(t, func(t *testing.T, s *server) {
		for _, name := range []string{"numeric(30,20)", "bigint", "timestamptz", "timestamp", "date", "varchar(20)"} {
			declared := native[s.dialect][name]
			if declared == "" {
				continue
			}
			t.Run(name, func(t *testing.T) {
				table := s.table(t, "id INTEGER PRIMARY KEY, v "+declared+" NOT NULL")
				var all, want []string
				id := 0
				for _, v := range values[name] {
					if s.dialect == "mysql" {
						v = strings.ReplaceAll(v, "+00'", "'")
					}
					for range 3 {
						all = append(all, "("+itoa(id)+", "+v+")")
						want = append(want, itoa(id))
						id++
					}
				}
				insert := "INSERT INTO " + table + " VALUES " + strings.Join(all, ",")
				if s.dialect == "mysql" {
					insert = "SET STATEMENT time_zone='+00:00' FOR " + insert
				}
				s.exec(t, insert)
				got := byTwos(t, s, "table: "+table+", keyset: [v, id], lag: 0s")
				if d := cmp.Diff(strings.Join(want, " "), got); d != "" {
					t.Error(d)
				}
			})
		}
	})
}
