package build

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"huiliu/internal/fault"
	models "huiliu/sql"
)

// Step is what SQL can't say: a computation in Go that reads and writes
// tables as a model does, and is ordered with the models.
type Step interface {
	// Name is for progress and errors.
	Name() string
	// Version changes when the same tables would give other rows, so that an
	// unchanged store is built anew.
	Version() string
	// Reads are the tables that must stand before it runs.
	Reads() []string
	// Writes are the headers of the tables it makes, without SQL: the grain is
	// audited, the comments are published, the roles are kept to.
	Writes() []*Model
	// Run makes every table of Writes.
	Run(ctx context.Context, s StepContext) error
}

// StepContext is what a step works with.
type StepContext struct {
	// Conn sees the tables of all layers by schema.table. A step reads with
	// it and writes only the tables it names, through Fill or as
	// build.<schema>.<table>.
	Conn *sql.Conn
	// AsOf is the day that stands for today.
	AsOf time.Time
}

// Fill makes one of a step's tables from rows. columns is the list of column
// definitions, such as "day DATE, working BOOLEAN".
func (s StepContext) Fill(ctx context.Context, table, columns string, rows [][]driver.Value) error {
	if err := s.Create(ctx, table, columns); err != nil {
		return err
	}
	return s.Append(ctx, table, rows)
}

// Create makes one of a step's tables without rows, for those that come in
// several parts.
func (s StepContext) Create(ctx context.Context, table, columns string) error {
	if _, err := s.Conn.ExecContext(ctx, fmt.Sprintf("CREATE TABLE build.%s (%s)", table, columns)); err != nil {
		return fmt.Errorf("make %s: %w", table, err)
	}
	return nil
}

// Append adds rows to a table that Create made.
func (s StepContext) Append(ctx context.Context, table string, rows [][]driver.Value) error {
	schema, name, _ := strings.Cut(table, ".")
	return s.Conn.Raw(func(raw any) error {
		conn, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("connection is a %T", raw)
		}
		appender, err := duckdb.NewAppender(conn, "build", schema, name)
		if err != nil {
			return fmt.Errorf("fill %s: %w", table, err)
		}
		for _, row := range rows {
			if err := appender.AppendRow(row...); err != nil {
				return fmt.Errorf("fill %s: %w", table, err)
			}
		}
		if err := appender.Close(); err != nil {
			return fmt.Errorf("fill %s: %w", table, err)
		}
		return nil
	})
}

// twice is raised when two models or steps make one table.
var twice = &fault.Kind{
	Code: "model_twice", Class: fault.Input,
	Cause: fault.Text{EN: "{table} is made twice", ZH: "{table} 被两处产生"},
	Mend:  fault.Text{EN: "give one of them another name", ZH: "请改其中一个的名称"},
}

// Plan returns the built-in models and steps, and those given, each behind
// what it reads. A step given takes the place of a built-in one of its name.
func Plan(steps []Step) ([]*Model, error) {
	golden, err := Golden(nil, nil)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(steps)
	for _, s := range []Step{calendarStep{}, fillStep{}, intervalStep{}, indicatorStep{}, warningStep{}, golden} {
		if !slices.ContainsFunc(steps, func(given Step) bool { return given.Name() == s.Name() }) {
			all = append(all, s)
		}
	}
	return plan(models.Files, all)
}

func plan(files fs.FS, steps []Step) ([]*Model, error) {
	list, err := ReadModels(files)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		for _, m := range s.Writes() {
			m.step, m.Reads, m.File = s, s.Reads(), s.Name()
			if m.Publish == "" {
				m.Publish = m.Name
			}
			list = append(list, m)
		}
	}
	for i, m := range list {
		if slices.ContainsFunc(list[:i], func(o *Model) bool { return o.Name == m.Name }) {
			return nil, twice.At(m.File, "table", m.Name)
		}
	}
	return Order(list)
}

// step runs a step when the first of its tables is due.
func (b *builder) step(ctx context.Context, s Step) error {
	if b.ran[s.Name()] {
		return nil
	}
	if err := s.Run(ctx, StepContext{Conn: b.conn, AsOf: b.AsOf}); err != nil {
		return fmt.Errorf("step %s: %w", s.Name(), err)
	}
	if b.ran == nil {
		b.ran = map[string]bool{}
	}
	b.ran[s.Name()] = true
	return nil
}
