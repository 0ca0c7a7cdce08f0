package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log"
	"net"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// mariadb speaks to MySQL, MariaDB and databases with their protocol.
type mariadb struct{ config *mysql.Config }

func newMySQL(c connection) (*mariadb, error) {
	config := mysql.NewConfig()
	if c.DSN != "" {
		parsed, err := mysql.ParseDSN(c.DSN)
		if err != nil {
			return nil, err
		}
		config = parsed
	} else {
		port := c.Port
		if port == 0 {
			port = 3306
		}
		config.Net, config.Addr = "tcp", net.JoinHostPort(c.Host, strconv.Itoa(port))
		config.User, config.Passwd, config.DBName = c.User, c.Password, c.Database
	}
	// Times come as text, in UTC where they are moments.
	config.ParseTime, config.InterpolateParams, config.MultiStatements = false, false, false
	config.Timeout = c.Timeout
	// The driver's own log would name addresses; its errors are returned too.
	config.Logger = log.New(io.Discard, "", 0)
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	if err := config.Apply(mysql.Charset("utf8mb4", "")); err != nil {
		return nil, err
	}
	return &mariadb{config}, nil
}

func (m *mariadb) connect(ctx context.Context) (session, error) {
	connector, err := mysql.NewConnector(m.config.Clone())
	if err != nil {
		return nil, err
	}
	s, err := openStandard(ctx, sql.OpenDB(connector),
		"SET SESSION time_zone = '+00:00'", "SET SESSION net_write_timeout = 3600",
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET SESSION TRANSACTION READ ONLY")
	if err != nil {
		return nil, err
	}
	s.kind, s.row = mysqlColumn, mysqlRow
	return s, nil
}

func (m *mariadb) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (m *mariadb) value(quoted string) string { return quoted }

// placeholder casts where MySQL would compare a text with a number as doubles.
func (m *mariadb) placeholder(_ int, c *column) string {
	switch c.native {
	case "DECIMAL":
		return "CAST(? AS DECIMAL(65,30))"
	case "UNSIGNED BIGINT":
		return "CAST(? AS UNSIGNED)"
	}
	return "?"
}

func (m *mariadb) argument(c *column, text string) (any, error) {
	if c.kind == page.Int {
		return strconv.ParseInt(text, 10, 64)
	}
	return text, nil
}

func (m *mariadb) place() string { return "mysql " + m.config.Addr + "/" + m.config.DBName }

func (m *mariadb) begin() []string {
	return []string{"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"}
}

func (m *mariadb) clock() string {
	return "SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)"
}

// classify goes by the numbers of the MySQL error reference.
func (m *mariadb) classify(err error) (*fault.Kind, string) {
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return Unreachable, networkMessage(err)
	}
	switch e.Number {
	case 1045, 1044, 1142, 1143, 1227, 1698:
		return Denied, e.Message
	case 1049, 1046:
		return NoDatabase, e.Message
	case 1146:
		return NoTable, e.Message
	case 1054:
		return NoColumn, e.Message
	case 1064, 1305, 1630:
		return Syntax, e.Message
	case 1040, 1053, 1129, 1130, 1203, 1226:
		return Unreachable, e.Message
	}
	return Failed, e.Message + " (" + strconv.Itoa(int(e.Number)) + ")"
}

func mysqlColumn(t *sql.ColumnType) column {
	c := column{name: t.Name(), native: t.DatabaseTypeName()}
	switch strings.TrimPrefix(c.native, "UNSIGNED ") {
	case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "YEAR":
		if c.kind = page.Int; c.native == "UNSIGNED BIGINT" {
			c.kind = page.Text
		}
	case "FLOAT", "DOUBLE":
		c.kind = page.Float
	case "DATETIME":
		c.kind = page.LocalTime
	case "TIMESTAMP":
		c.kind = page.Instant
	case "DATE":
		c.kind = page.Date
	case "JSON":
		c.kind = page.JSON
	case "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY", "BIT", "GEOMETRY":
		c.kind = page.Bytes
	}
	return c
}

func mysqlRow(rows *sql.Rows, cols []column, r *standardResult) error {
	if len(r.raw) != len(cols) {
		r.raw, r.targets = make([]sql.RawBytes, len(cols)), make([]any, len(cols))
		for i := range r.raw {
			r.targets[i] = &r.raw[i]
		}
	}
	if err := rows.Scan(r.targets...); err != nil {
		return err
	}
	for i, raw := range r.raw {
		r.out = append(r.out, cell{cols[i].kind, raw})
	}
	return nil
}
