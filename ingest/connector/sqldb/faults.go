package sqldb

import (
	"context"
	"errors"
	"time"

	"huiliu/internal/fault"
)

// Faults of a database.
var (
	// Unreachable is raised when the database does not answer.
	Unreachable = kind("sql_unreachable", "the database does not answer", "数据库没有响应",
		"check host and port, the network, and whether the database runs", "检查主机与端口、网络，以及数据库是否在运行")
	// Denied is raised when it does not accept the user.
	Denied = kind("sql_denied", "the database refuses the user", "数据库拒绝了该用户",
		"correct user and password, or ask the department for SELECT on the table", "改正用户名和密码，或请部门授予该表的 SELECT 权限")
	// NoDatabase is raised for a database that is not there.
	NoDatabase = kind("sql_no_database", "there is no such database", "没有这个数据库",
		"correct connection.database", "改正 connection.database")
	// NoTable is raised for a table that is not there.
	NoTable = kind("sql_no_table", "there is no such table", "没有这张表",
		"correct read.table; a schema goes before it, as in public.resident", "改正 read.table；模式名写在表名之前，如 public.resident")
	// NoColumn is raised for a column that is not there.
	NoColumn = kind("sql_no_column", "there is no such column", "没有这一列",
		"correct read.columns, read.keyset or read.where", "改正 read.columns、read.keyset 或 read.where")
	// Syntax is raised for SQL that the database does not understand.
	Syntax = kind("sql_syntax", "the database does not understand the query", "数据库无法理解该查询",
		"correct read.query or read.where", "改正 read.query 或 read.where")
	// Failed is raised for any other error of the database.
	Failed = kind("sql_failed", "the database answers with an error", "数据库返回错误",
		"read the error; ask the department if it stays so", "查看错误内容；若持续出现请联系部门")
	// NullKeyset is raised when a row's keyset holds NULL: no comparison finds
	// such a row.
	NullKeyset = kind("sql_keyset_null", "rows have no value in {columns}, so a keyset can't reach them", "有记录的 {columns} 为空，键集无法读到",
		"choose a keyset of columns that always have a value, exclude those rows with read.where, or read without keyset", "改用始终有值的列作键集，用 read.where 排除这些记录，或不用键集")
	// KeysetType is raised for a keyset column whose values can't be compared
	// exactly.
	KeysetType = kind("sql_keyset_type", "column {column} of type {type} can't stand in a keyset", "类型为 {type} 的列 {column} 不能用于键集",
		"choose integers, decimals, dates, times or text", "改用整数、小数、日期、时间或文本列")
	// LagType is raised for a lag on a keyset that doesn't begin with a time.
	LagType = kind("sql_lag_type", "lag needs a time, and the keyset begins with {column} of type {type}", "lag 需要时间列，而键集首列 {column} 的类型是 {type}",
		"begin the keyset with the time of change, or leave lag out", "让键集以更新时间列开头，或去掉 lag")
	// BadMark is raised for a mark that does not go with the table's settings.
	BadMark = kind("sql_mark", "the stored mark does not go with this table's keyset", "保存的读取位置与该表的键集不符",
		"read the table anew with run --full-refresh", "用 run --full-refresh 重新读取此表")
)

func kind(code, en, zh, mendEN, mendZH string) *fault.Kind {
	return &fault.Kind{Code: code, Class: fault.Failed, Cause: fault.Text{EN: en, ZH: zh}, Mend: fault.Text{EN: mendEN, ZH: mendZH}}
}

// failure is a failed statement: the fault, and whether another try may help.
type failure struct {
	fault *fault.Error
	again bool
}

// Error gives the fault's text.
func (f *failure) Error() string { return f.fault.Error() }

// Unwrap returns the fault.
func (f *failure) Unwrap() error { return f.fault }

// RetryAfter tells the puller whether another try may help.
func (f *failure) RetryAfter() (time.Duration, bool) { return 0, f.again }

// outside is an error that is not the database's.
type outside struct{ err error }

// Error gives the error's own text.
func (o *outside) Error() string { return o.err.Error() }

// explain turns an error of a driver into a fault at a place. The caller's own
// end passes as it is.
func explain(ctx context.Context, d dialect, place string, err error) error {
	var known *failure
	if err == nil || errors.As(err, &known) {
		return err
	}
	var other *outside
	if errors.As(err, &other) {
		return other.err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	k, message := d.classify(err)
	if errors.Is(err, context.DeadlineExceeded) {
		k, message = Unreachable, "no answer in time"
	}
	f := k.At(place)
	if message != "" {
		f = f.Because(errors.New(message))
	}
	return &failure{fault: f, again: k == Unreachable || k == Failed}
}
