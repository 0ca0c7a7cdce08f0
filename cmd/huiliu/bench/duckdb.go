package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// columns of the feed, with the types that the entity gives them.
var columns = [][2]string{
	{"service_request_id", "VARCHAR"}, {"requested_at", "TIMESTAMPTZ"}, {"updated_at", "TIMESTAMPTZ"}, {"closed_at", "TIMESTAMPTZ"},
	{"category_1", "VARCHAR"}, {"category_2", "VARCHAR"}, {"service_code", "VARCHAR"}, {"service_name", "VARCHAR"}, {"channel", "VARCHAR"}, {"kind", "VARCHAR"},
	{"community_code", "VARCHAR"}, {"community", "VARCHAR"}, {"grid_code", "VARCHAR"}, {"lat", "DOUBLE"}, {"long", "DOUBLE"}, {"address", "VARCHAR"},
	{"description", "VARCHAR"}, {"unit", "VARCHAR"}, {"status", "VARCHAR"}, {"reporter_phone", "VARCHAR"},
}

// DuckDB reads the feed with DuckDB's own bulk reader into a file of its own:
// a cold load into an empty table, or a batch read into a temporary table and
// then DELETE USING and INSERT in one transaction.
func DuckDB(ctx context.Context, c Child) (side Side, err error) {
	connector, err := duckdb.NewConnector("?memory_limit=2GB&autoinstall_known_extensions=false", nil)
	if err != nil {
		return side, fmt.Errorf("start duckdb: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	types := make([]string, len(columns))
	for i, col := range columns {
		types[i] = fmt.Sprintf("'%s': '%s'", col[0], col[1])
	}
	reader := map[string]string{"csv": "read_csv", "jsonl": "read_json"}[c.Format]
	options := map[string]string{"csv": ", header = true", "jsonl": ", format = 'newline_delimited'"}[c.Format]
	from := fmt.Sprintf("%s('%s', columns = {%s}%s)", reader, strings.ReplaceAll(c.File, "'", "''"), strings.Join(types, ", "), options)
	setup := []string{
		"SET TimeZone = 'Asia/Shanghai'", fmt.Sprintf("ATTACH '%s' AS target", filepath.Join(filepath.Dir(c.Dir), filepath.Base(c.Dir)+"-peer.duckdb")),
		fmt.Sprintf("CREATE TABLE IF NOT EXISTS target.main.request AS SELECT * FROM %s LIMIT 0", from),
	}
	work := []string{"INSERT INTO target.main.request SELECT * FROM " + from}
	if c.Upsert {
		work = []string{
			"CREATE TEMP TABLE batch AS SELECT * FROM " + from, "BEGIN",
			"DELETE FROM target.main.request r USING batch b WHERE r.service_request_id = b.service_request_id",
			"INSERT INTO target.main.request SELECT * FROM batch", "COMMIT",
		}
	}
	for _, s := range setup {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return side, fmt.Errorf("%.50s: %w", s, err)
		}
	}
	meter := Start()
	for _, s := range work {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return side, fmt.Errorf("%.50s: %w", s, err)
		}
	}
	side = meter.Stop()
	count := "SELECT count(*) FROM target.main.request"
	if c.Upsert {
		count = "SELECT count(*) FROM batch"
	}
	if err := db.QueryRowContext(ctx, count).Scan(&side.Rows); err != nil {
		return side, fmt.Errorf("count rows: %w", err)
	}
	return side, nil
}

// Meter measures from its start what this process takes.
type Meter struct {
	at  time.Time
	cpu time.Duration
}

// Start begins to measure.
func Start() *Meter {
	cpu, _ := usage()
	return &Meter{at: time.Now(), cpu: cpu}
}

// Stop returns what was taken since Start; Rows is the caller's to fill.
func (m *Meter) Stop() Side {
	cpu, peak := usage()
	return Side{Seconds: time.Since(m.at).Seconds(), CPU: (cpu - m.cpu).Seconds(), PeakMB: peak}
}

// usage reads CPU time and the peak of resident memory in mebibytes.
func usage() (time.Duration, float64) {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0, 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), float64(r.Maxrss) / 1024
}
