package store

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// With HUILIU_STORE_CHILD set, the test binary is the second process that
// tries to open a store.
func TestMain(m *testing.M) {
	if dir := os.Getenv("HUILIU_STORE_CHILD"); dir != "" {
		_, err := Open(context.Background(), dir, Options{})
		fmt.Println(Locked.Is(err), err)
		return
	}
	os.Exit(m.Run())
}

func numbers(values ...int64) arrow.RecordBatch {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(values, nil)
	column := b.NewArray()
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{column}, int64(len(values)))
}

func TestStoreKeepsAndReopens(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first := numbers(1, 2)
	in, err := session.Inlet("v", first.Schema())
	if err != nil {
		t.Fatal(err)
	}
	run := func(statement string) {
		t.Helper()
		if _, err := session.Conn().ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	run("BEGIN")
	run("CREATE TABLE store.main.t (n BIGINT)")
	in.Fill(first, numbers(3))
	run("INSERT INTO store.main.t SELECT n FROM " + in.Name())
	run("INSERT INTO store.main.t SELECT n FROM " + in.Name()) // it gives its rows once
	in.Fill(numbers(4))
	run("INSERT INTO store.main.t SELECT n FROM " + in.Name())
	run("COMMIT")
	var sum int64
	in.Fill(numbers(2, 3, 5))
	err = session.Query(ctx, "SELECT t.n FROM store.main.t JOIN v USING (n) ORDER BY n", func(r arrow.RecordBatch) error {
		for _, v := range r.Column(0).(*array.Int64).Int64Values() {
			sum = sum*10 + v
		}
		return nil
	})
	if err != nil || sum != 23 {
		t.Fatalf("joined %d, %v", sum, err)
	}
	for range 2 {
		s.WriteBehind()() // opens the file beside DuckDB, and must not end its lock
	}
	out, err := exec.Command("env", "HUILIU_STORE_CHILD="+dir, os.Args[0]).CombinedOutput()
	if err != nil || string(out[:4]) != "true" {
		t.Errorf("a second process: %s %v", out, err)
	}
	session.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = Open(ctx, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var count, tables int
	if err := s.DB().QueryRow("SELECT count(*) FROM store.main.t").Scan(&count); err != nil || count != 4 {
		t.Errorf("after reopening %d rows, %v", count, err)
	}
	if err := s.DB().QueryRow("SELECT count(*) FROM duckdb_views() WHERE database_name = 'store' AND NOT internal").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d views reached the file, %v", tables, err)
	}
}

// A statement over the limit says so, and what to do.
func TestTooLittleMemoryIsTold(t *testing.T) {
	s, err := Open(context.Background(), t.TempDir(), Options{MemoryMB: 64})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.DB().Exec("SET max_temp_directory_size = '0KB'; CREATE TEMP TABLE t AS SELECT range AS a, md5(range::VARCHAR) AS b FROM range(20000000)")
	if !TooLittleMemory.Is(Explain(s.Dir(), err)) {
		t.Errorf("got %v", err)
	}
}
