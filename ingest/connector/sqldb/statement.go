package sqldb

import (
	"strings"
)

// alias names what is read inside every statement, so that the names of
// results never hide those of columns.
const alias = "src"

// statement writes the queries of one table.
type statement struct {
	dialect dialect
	read    *read
}

func (s *statement) from() string {
	if s.read.Query != "" {
		return " FROM (" + s.read.Query + ") AS " + alias
	}
	parts := strings.Split(s.read.Table, ".")
	for i, p := range parts {
		parts[i] = s.dialect.quote(p)
	}
	return " FROM " + strings.Join(parts, ".") + " AS " + alias
}

func (s *statement) column(name string) string { return alias + "." + s.dialect.quote(name) }

// where joins the definition's own condition with others.
func (s *statement) where(conditions ...string) string {
	if s.read.Where != "" {
		conditions = append([]string{"(" + s.read.Where + ")"}, conditions...)
	}
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// describe asks for the columns and no row.
func (s *statement) describe() string {
	list := alias + ".*"
	if len(s.read.Columns) > 0 {
		var names []string
		for _, c := range s.read.Columns {
			names = append(names, s.column(c))
		}
		list = strings.Join(names, ", ")
	}
	return "SELECT " + list + s.from() + s.where("1 = 0")
}

func (s *statement) list(columns []column) string {
	var names []string
	for _, c := range columns {
		names = append(names, s.dialect.value(s.column(c.name))+" AS "+s.dialect.quote(c.name))
	}
	return "SELECT " + strings.Join(names, ", ") + s.from()
}

func (s *statement) order(names []string) string {
	if len(names) == 0 {
		return ""
	}
	var out []string
	for _, n := range names {
		out = append(out, s.column(n))
	}
	return " ORDER BY " + strings.Join(out, ", ")
}

func (s *statement) count() string { return "SELECT count(*)" + s.from() + s.where() }

// nulls asks for one row that the keyset can't reach.
func (s *statement) nulls() string {
	var out []string
	for _, n := range s.read.Keyset {
		out = append(out, s.column(n)+" IS NULL")
	}
	return "SELECT 1" + s.from() + s.where("("+strings.Join(out, " OR ")+")") + " LIMIT 1"
}

// behind writes the strict comparison (a, b, …) > (x, y, …) column by column,
// which all engines understand alike and use an index for: the first term
// bounds the range. Take
// gives the placeholder of a key's argument, anew at each call.
func (s *statement) behind(keys []*column, take func(i int) string) string {
	if len(keys) == 1 {
		return s.column(keys[0].name) + " > " + take(0)
	}
	bound := s.column(keys[0].name) + " >= " + take(0)
	var any []string
	for i := range keys {
		var all []string
		for j := range i {
			all = append(all, s.column(keys[j].name)+" = "+take(j))
		}
		all = append(all, s.column(keys[i].name)+" > "+take(i))
		any = append(any, "("+strings.Join(all, " AND ")+")")
	}
	return bound + " AND (" + strings.Join(any, " OR ") + ")"
}
