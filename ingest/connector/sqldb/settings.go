package sqldb

import (
	"errors"
	"slices"
	"strings"
	"time"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
)

type connection struct {
	Dialect  string        `yaml:"dialect,required"`
	DSN      string        `yaml:"dsn"`
	Host     string        `yaml:"host"`
	Port     int           `yaml:"port"`
	User     string        `yaml:"user"`
	Password string        `yaml:"password"`
	Database string        `yaml:"database"`
	Timeout  time.Duration `yaml:"timeout"`
}

type read struct {
	Table   string        `yaml:"table"`
	Query   string        `yaml:"query"`
	Columns []string      `yaml:"columns"`
	Where   string        `yaml:"where"`
	Keyset  []string      `yaml:"keyset"`
	Lag     time.Duration `yaml:"lag"`

	key []string
}

const (
	defaultTimeout = 30 * time.Second
	defaultLag     = 5 * time.Second
	// lagUnset says that the definition leaves the lag to the column's type.
	lagUnset = time.Duration(-1)
)

func parseConnection(s conf.Section) (connection, error) {
	c := connection{Timeout: defaultTimeout}
	if s.Absent() {
		return c, conf.MissingKey.At(s.Place(), "key", "connection", "want", "{dialect: …, dsn: …}")
	}
	faults := []error{s.Decode(&c)}
	wrong := func(key, value, want string) {
		faults = append(faults, conf.WrongValue.At(s.Get(key).Place(), "key", key, "value", value, "want", want))
	}
	switch c.Dialect {
	case "":
	case "postgres", "mysql":
		if c.DSN == "" && c.Host == "" {
			faults = append(faults, conf.MissingKey.At(s.Place(), "key", "dsn", "want", "the address of the database, or host, user, password, database"))
		}
	case "sqlite":
		if c.DSN == "" && c.Database == "" {
			faults = append(faults, conf.MissingKey.At(s.Place(), "key", "database", "want", "the path of the file"))
		}
	default:
		wrong("dialect", "this value", "postgres, mysql or sqlite")
	}
	if c.DSN != "" && (c.Host != "" || c.User != "" || c.Password != "" || c.Database != "" || c.Port != 0) {
		wrong("dsn", "beside host, port, user, password or database", "one of the two ways")
	}
	if c.Port < 0 || c.Port > 65535 {
		wrong("port", "this value", "a port, 1 to 65535")
	}
	if c.Timeout <= 0 {
		wrong("timeout", "this value", "a duration above 0")
	}
	return c, errors.Join(faults...)
}

func parseRead(t *source.Table) (*read, error) {
	r := &read{Lag: lagUnset, key: t.Key}
	s := t.Read
	if s.Absent() {
		return r, conf.MissingKey.At(s.Place(), "key", "read", "want", "{table: …}")
	}
	faults := []error{s.Decode(r)}
	wrong := func(key, value, want string) {
		faults = append(faults, conf.WrongValue.At(s.Get(key).Place(), "key", key, "value", value, "want", want))
	}
	if (r.Table == "") == (r.Query == "") {
		faults = append(faults, conf.MissingKey.At(s.Place(), "key", "table", "want", "a table, or query instead, and not both"))
	}
	if r.Query = strings.TrimRight(strings.TrimSpace(r.Query), "; \n\t"); strings.Contains(r.Query, ";") {
		wrong("query", "several statements", "one SELECT")
	}
	for _, c := range append(slices.Clone(r.Columns), r.Keyset...) {
		if strings.ContainsRune(c, 0) || c == "" {
			wrong("columns", "an empty name", "names of columns")
		}
	}
	if !s.Get("lag").Absent() && (r.Lag < 0 || len(r.Keyset) == 0) {
		wrong("lag", "this value", "0s or more, beside a keyset")
	}
	if len(r.Keyset) > 0 {
		for _, k := range t.Key {
			if !slices.Contains(r.Keyset, k) {
				wrong("keyset", "without "+k, "a unique tuple that holds the table's key, such as [updated_at, "+k+"]")
			}
		}
		if t.Change == source.Snapshot {
			wrong("keyset", "beside change: snapshot", "change: upsert, or no keyset")
		}
	}
	if len(r.Columns) > 0 {
		for _, k := range r.Keyset {
			if !slices.Contains(r.Columns, k) {
				wrong("columns", "without "+k, "all columns of the keyset too")
			}
		}
	}
	return r, errors.Join(faults...)
}

// origin names what is read, for places.
func (r *read) origin() string {
	if r.Table != "" {
		return r.Table
	}
	return "query"
}
