package build

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// origin is a column of a table that another is computed from; the column *
// stands for the table's rows, as a count has it.
type origin struct{ table, column string }

type column struct {
	name string
	from []origin
}

// relation is one thing that a FROM names. An open one has columns that are
// not known: any name may be its.
type relation struct {
	alias   string
	columns []column
	rows    []origin
	open    bool
}

// scope is what a query's names can mean: its relations, those of the query
// around it, and the common table expressions.
type scope struct {
	relations []relation
	outer     *scope
	named     map[string]relation
	tables    func(name string) relation
}

// answerOf returns the columns of a model's answer with the columns of the
// tables it reads that each is computed from, and the tables whose rows make
// its rows.
func answerOf(ctx context.Context, p *parser, text string, tables func(name string) relation) (relation, error) {
	tree, err := p.parse(ctx, text)
	if err != nil {
		return relation{}, err
	}
	s := &scope{named: map[string]relation{}, tables: tables}
	return s.query(tree), nil
}

// query resolves a SELECT or a set operation within a scope.
func (s *scope) query(n node) relation {
	in := &scope{outer: s.outer, relations: s.relations, named: map[string]relation{}, tables: s.tables}
	for k, v := range s.named {
		in.named[k] = v
	}
	for _, e := range n.child("cte_map").list("map") {
		entry := node(e.(map[string]any))
		in.named[entry.text("key")] = in.query(entry.child("value").child("query").child("node"))
	}
	if n.text("type") == "SET_OPERATION_NODE" {
		return in.united(n)
	}
	return in.selected(n)
}

// united joins the columns of a set operation's sides by their positions.
func (s *scope) united(n node) relation {
	var sides []relation
	for _, key := range []string{"left", "right"} {
		if side := n.child(key); side != nil {
			sides = append(sides, s.query(side))
		}
	}
	for _, e := range n.list("children") {
		if m, ok := e.(map[string]any); ok {
			sides = append(sides, s.query(m))
		}
	}
	var out relation
	for _, side := range sides {
		out.rows = merge(out.rows, side.rows)
		for i, c := range side.columns {
			if i >= len(out.columns) {
				out.columns = append(out.columns, c)
				continue
			}
			out.columns[i].from = merge(out.columns[i].from, c.from)
		}
	}
	return out
}

func (s *scope) selected(n node) relation {
	in := &scope{outer: &scope{outer: s.outer, relations: s.relations}, named: s.named, tables: s.tables}
	in.from(n.child("from_table"))
	var out relation
	for _, r := range in.relations {
		out.rows = merge(out.rows, r.rows)
	}
	for _, e := range n.list("select_list") {
		m, ok := e.(map[string]any)
		if !ok {
			continue
		}
		if x := node(m); x.text("class") == "STAR" {
			out.columns = append(out.columns, in.star(x)...)
		} else {
			out.columns = append(out.columns, column{nameOf(x), in.expression(x)})
		}
	}
	return out
}

func nameOf(x node) string {
	if a := x.text("alias"); a != "" {
		return a
	}
	if x.text("class") == "CAST" {
		return nameOf(x.child("child"))
	}
	if names := texts(x.list("column_names")); len(names) > 0 {
		return names[len(names)-1]
	}
	return x.text("function_name")
}

// from adds the relations that a FROM names.
func (s *scope) from(n node) {
	switch n.text("type") {
	case "JOIN":
		s.from(n.child("left"))
		s.from(n.child("right"))
	case "BASE_TABLE":
		s.add(n, s.table(n))
	case "SUBQUERY":
		s.add(n, s.query(n.child("subquery").child("node")))
	case "EXPRESSION_LIST":
		var r relation
		for _, row := range n.list("values") {
			cells, _ := row.([]any)
			for i, cell := range cells {
				if i >= len(r.columns) {
					r.columns = append(r.columns, column{name: "col" + string(rune('0'+i%10))})
				}
				r.columns[i].from = merge(r.columns[i].from, s.expression(cell))
			}
		}
		s.add(n, r)
	case "TABLE_FUNCTION":
		s.add(n, relation{open: true, rows: s.expression(n["function"])})
	}
}

func (s *scope) table(n node) relation {
	if n.text("schema_name") == "" {
		r := s.named[n.text("table_name")]
		return relation{alias: n.text("table_name"), columns: r.columns, rows: r.rows, open: r.open}
	}
	r := s.tables(n.text("schema_name") + "." + n.text("table_name"))
	r.alias = n.text("table_name")
	return r
}

func (s *scope) add(n node, r relation) {
	if a := n.text("alias"); a != "" {
		r.alias = a
	}
	r.columns = slices.Clone(r.columns)
	for i, name := range texts(n.list("column_name_alias")) {
		if i < len(r.columns) {
			r.columns[i].name = name
		}
	}
	s.relations = append(s.relations, r)
}

// star expands * with what it leaves out and replaces.
func (s *scope) star(x node) []column {
	replaced := map[string]any{}
	for _, e := range x.list("replace_list") {
		if m, ok := e.(map[string]any); ok {
			replaced[strings.ToLower(node(m).text("key"))] = m["value"]
		}
	}
	left := texts(x.list("exclude_list"))
	var out []column
	for _, r := range s.relations {
		if name := x.text("relation_name"); name != "" && name != r.alias {
			continue
		}
		for _, c := range r.columns {
			if slices.ContainsFunc(left, func(l string) bool { return strings.EqualFold(l, c.name) }) {
				continue
			}
			if slices.ContainsFunc(out, func(o column) bool { return o.name == c.name }) {
				continue // the column of a USING stands once
			}
			if with, ok := replaced[strings.ToLower(c.name)]; ok {
				c.from = s.expression(with)
			}
			out = append(out, c)
		}
	}
	return out
}

// expression lists what an expression is computed from.
func (s *scope) expression(v any) []origin {
	var out []origin
	walk(v, func(n node) bool {
		switch {
		case n.text("class") == "COLUMN_REF":
			out = merge(out, s.resolve(texts(n.list("column_names"))))
			return false
		case n.text("class") == "SUBQUERY":
			out = merge(out, s.within(n))
			return false
		case strings.HasPrefix(n.text("function_name"), "count_star"), n.text("type") == "WINDOW_ROW_NUMBER" && len(n.list("children")) == 0:
			for _, r := range s.relations {
				out = merge(out, r.rows)
			}
		}
		return true
	})
	return out
}

// within resolves a query that stands in an expression: its answer and, as in
// EXISTS, its conditions, which may name columns of the query around it.
func (s *scope) within(n node) []origin {
	inner := n.child("subquery").child("node")
	in := &scope{outer: s, named: s.named, tables: s.tables}
	in.from(inner.child("from_table"))
	out := in.expression(inner["where_clause"])
	if n.text("subquery_type") != "EXISTS" {
		for _, e := range inner.list("select_list") {
			out = merge(out, in.expression(e))
		}
	}
	return merge(out, s.expression(n["child"]))
}

// resolve finds what a name means: the nearest query's relations first.
func (s *scope) resolve(names []string) []origin {
	if len(names) == 0 {
		return nil
	}
	qualifier, name := "", names[len(names)-1]
	if len(names) > 1 {
		qualifier = names[len(names)-2]
	}
	var found []origin
	open := -1
	for i, r := range s.relations {
		if qualifier != "" && !strings.EqualFold(qualifier, r.alias) {
			continue
		}
		for _, c := range r.columns {
			if strings.EqualFold(c.name, name) {
				found = merge(found, c.from)
				if found == nil {
					found = []origin{}
				}
			}
		}
		if r.open {
			open = i
		}
	}
	switch {
	case found != nil:
		return found
	case open >= 0:
		return s.relations[open].rows
	case s.outer != nil:
		return s.outer.resolve(names)
	}
	return nil
}

// merge adds what is not there yet and keeps the order by table and column.
func merge(a, b []origin) []origin {
	if len(b) == 0 {
		return a
	}
	out := append(slices.Clone(a), b...)
	slices.SortFunc(out, func(x, y origin) int {
		return cmp.Or(strings.Compare(x.table, y.table), strings.Compare(x.column, y.column))
	})
	return slices.Compact(out)
}
