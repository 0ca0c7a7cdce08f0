// Package store is the one DuckDB file of a site and its one writer. DuckDB's
// own lock on the file keeps a second writer out; readers never come here,
// they read published snapshots.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"huiliu/internal/fault"
)

// Faults of the store.
var (
	// Locked is raised when another process writes the store.
	Locked = &fault.Kind{
		Code: "store_locked", Class: fault.Missing,
		Cause: fault.Text{EN: "another process is writing this store", ZH: "另一进程正在写入此库"},
		Mend:  fault.Text{EN: "wait for it to end, or stop it, or name another folder with --store", ZH: "等其结束或停止它，或用 --store 指定别的目录"},
	}
	// Newer is raised for a store that a later version of the program wrote.
	Newer = &fault.Kind{
		Code: "store_newer", Class: fault.Missing,
		Cause: fault.Text{EN: "the store has schema {have}, this program knows {know}", ZH: "库结构版本为 {have}，本程序只认识 {know}"},
		Mend:  fault.Text{EN: "use the newer program, or restore a backup made before it ran", ZH: "请使用较新的程序，或恢复此前的备份"},
	}
	// NotBroughtUp is raised when a table of an earlier schema can't be made
	// into this program's: the store is then as it was.
	NotBroughtUp = &fault.Kind{
		Code: "store_not_brought_up", Class: fault.Failed,
		Cause: fault.Text{EN: "table {table} of schema {have} could not be brought to schema {know}", ZH: "结构版本 {have} 的表 {table} 无法升级到版本 {know}"},
		Mend:  fault.Text{EN: "the store is as it was: go on with the program that wrote it, and report this with the cause below", ZH: "库保持原样：请继续使用原来的程序，并将下面的原因反馈给维护人员"},
	}
	// TooLittleMemory is raised when a statement needs more than Options.MemoryMB.
	TooLittleMemory = &fault.Kind{
		Code: "store_memory", Class: fault.Failed,
		Cause: fault.Text{EN: "the database needs more memory than it may take", ZH: "数据库所需内存超过允许的上限"},
		Mend:  fault.Text{EN: "raise memory_mb in the configuration and run again: what was committed stands", ZH: "请在配置中调大 memory_mb 后重新运行：已提交的有效"},
	}
	// Full is raised when the disk has no room.
	Full = &fault.Kind{
		Code: "disk_full", Class: fault.Failed,
		Cause: fault.Text{EN: "there is no room on the disk", ZH: "磁盘空间不足"},
		Mend:  fault.Text{EN: "free room and run again: what was committed stands, what was not is done again", ZH: "腾出空间后重新运行：已提交的有效，未提交的会重做"},
	}
)

// Options bound what the store may take of the machine.
type Options struct {
	// MemoryMB is DuckDB's own limit; 0 means 512.
	MemoryMB int
	// Threads is how many DuckDB may use; 0 means all.
	Threads int
}

// Store is the open file. Its catalogue in every connection is called store,
// beside an in-memory one: a view over Arrow data must never be written into
// the file, where reopening it would crash the process.
type Store struct {
	db   *sql.DB
	dir  string
	path string
	// file is for WriteBehind. It is closed behind the database and never
	// before: closing any descriptor of a file ends all locks that the process
	// holds on it (POSIX fcntl), DuckDB's too.
	file *os.File
}

// Open opens the store below dir, making or upgrading it.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	folder := filepath.Join(dir, "store")
	if err := os.MkdirAll(filepath.Join(folder, "tmp"), 0o700); err != nil {
		return nil, Explain(folder, fmt.Errorf("make store folder: %w", err))
	}
	if o.MemoryMB == 0 {
		o.MemoryMB = 512
	}
	settings := fmt.Sprintf("?memory_limit=%dMB&autoinstall_known_extensions=false&autoload_known_extensions=false&preserve_insertion_order=true", o.MemoryMB)
	if o.Threads > 0 {
		settings += fmt.Sprintf("&threads=%d", o.Threads)
	}
	connector, err := duckdb.NewConnector(settings, nil)
	if err != nil {
		return nil, fmt.Errorf("start duckdb: %w", err)
	}
	s := &Store{db: sql.OpenDB(connector), dir: dir, path: filepath.Join(folder, "huiliu.duckdb")}
	if err := s.attach(ctx, filepath.Join(folder, "tmp")); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

func (s *Store) attach(ctx context.Context, tmp string) error {
	for _, q := range []string{
		"SET temp_directory = " + Quote(tmp),
		"SET TimeZone = 'UTC'",
		// Small commits then append to the log; a checkpoint, which rewrites
		// the row groups they touched, comes once for many.
		"SET checkpoint_threshold = '1GB'",
		"ATTACH " + Quote(s.path) + " AS store",
	} {
		if _, err := s.db.ExecContext(ctx, q); err != nil {
			return Explain(s.path, fmt.Errorf("attach store: %w", err))
		}
	}
	return migrate(ctx, s.db, s.path)
}

// DB gives connections in which the file is the catalogue store.
func (s *Store) DB() *sql.DB { return s.db }

// Threads sets how many threads DuckDB may use from now on. One is best while
// pages are loaded, since reading and transforming take the other cores and
// parallel scans of Arrow batches wait for each other; 0 means all.
func (s *Store) Threads(ctx context.Context, n int) error {
	statement := "RESET threads"
	if n > 0 {
		statement = fmt.Sprintf("SET threads = %d", n)
	}
	if _, err := s.db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("set threads: %w", err)
	}
	return nil
}

// Dir is the folder that was given to Open.
func (s *Store) Dir() string { return s.dir }

// PagesDir is where raw pages are archived.
func (s *Store) PagesDir() string { return filepath.Join(s.dir, "store", "pages") }

// Close checkpoints and closes the file.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	if err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Session is one connection in which Arrow data can be seen as views.
type Session struct {
	conn   *sql.Conn
	arrow  *duckdb.Arrow
	inlets map[string]func() // by view, gives back its stream
}

// Session opens a connection of its own.
func (s *Store) Session(ctx context.Context) (*Session, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	session := &Session{conn: conn, inlets: map[string]func(){}}
	err = conn.Raw(func(raw any) error {
		c, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("connection is a %T", raw)
		}
		session.arrow, err = duckdb.NewArrowFromConn(c)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open arrow session: %w", err), conn.Close())
	}
	return session, nil
}

// Conn is the connection, for SQL without Arrow.
func (s *Session) Conn() *sql.Conn { return s.conn }

// Close gives the connection back and ends its inlets.
func (s *Session) Close() error {
	var errs []error
	for name, release := range s.inlets {
		_, err := s.conn.ExecContext(context.Background(), "DROP VIEW IF EXISTS "+name)
		release()
		errs = append(errs, err)
	}
	s.inlets = nil
	return errors.Join(append(errs, s.conn.Close())...)
}

// Quote writes a text as an SQL literal.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Ident writes a name as an SQL identifier.
func Ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// Explain turns what DuckDB or the system say of a locked file, a full disk or
// too little memory into their faults; other errors stay as they are.
func Explain(place string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "Could not set lock on file"):
		return Locked.At(place).Because(err)
	case strings.Contains(text, "No space left on device"), strings.Contains(text, "Could not write all required bytes"), strings.Contains(text, "not enough space"), strings.Contains(strings.ToLower(text), "file too large"):
		return Full.At(place).Because(err)
	case strings.Contains(text, "Out of Memory Error"):
		return TooLittleMemory.At(place).Because(err)
	}
	return err
}
