package build

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"huiliu/ingest/source"
	"huiliu/internal/fault"
	"huiliu/transform/entity"
)

// noColumn is raised for a column that no model has.
var noColumn = &fault.Kind{
	Code: "no_such_column", Class: fault.Input,
	Cause: fault.Text{EN: "no model makes {column}", ZH: "没有模型产生 {column}"},
	Mend:  fault.Text{EN: "name it schema.table.column; tables: {tables}", ZH: "写成 层.表.列；现有：{tables}"},
}

// Lineage writes the way of one published column as a tree: the model that
// makes it, the columns of other models and of the loader's tables that it is
// computed from, as DuckDB's parser reads the SQL, and the departments' fields
// that the maps write into those. table.* are a table's rows, as a count has
// them. What a step computes comes from all it reads.
func Lineage(models []*Model, sources []*source.Definition, column string) (text string, err error) {
	ctx := context.Background() // nothing here waits for anybody
	p, err := newParser(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	l := &lineage{ctx: ctx, parser: p, models: models, sources: sources, answers: map[string]relation{}, met: map[origin]bool{}}
	at := strings.LastIndexByte(column, '.')
	if at < 0 || l.model(column[:at]) == nil || !l.has(column[:at], column[at+1:]) {
		var names []string
		for _, m := range models {
			if m.Schema() != "audit" && m.Name == m.Publish {
				names = append(names, m.Name)
			}
		}
		return "", errors.Join(noColumn.At("lineage", "column", column, "tables", strings.Join(names, ", ")), l.err)
	}
	l.follow(origin{column[:at], column[at+1:]}, 0)
	return strings.TrimRight(l.out.String(), "\n"), l.err
}

type lineage struct {
	ctx     context.Context
	parser  *parser
	models  []*Model
	sources []*source.Definition
	answers map[string]relation
	met     map[origin]bool
	out     strings.Builder
	err     error
}

func (l *lineage) model(name string) *Model {
	for _, m := range l.models {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func (l *lineage) has(table, name string) bool {
	return slices.ContainsFunc(l.answer(table).columns, func(c column) bool { return c.name == name })
}

// answer resolves a model or a table of the loader: its columns with what they
// are computed from.
func (l *lineage) answer(name string) relation {
	if r, ok := l.answers[name]; ok {
		return r
	}
	r := relation{}
	switch m := l.model(name); {
	case m == nil:
		for _, c := range l.parser.loaded[name] {
			r.columns = append(r.columns, column{name: c})
		}
	case m.step != nil:
		for _, read := range m.Reads {
			r.rows = append(r.rows, origin{read, "*"})
		}
		for _, c := range slices.Sorted(maps.Keys(m.Columns)) {
			r.columns = append(r.columns, column{c, r.rows})
		}
	default:
		var err error
		if r, err = answerOf(l.ctx, l.parser, m.SQL, l.surface); err != nil {
			l.err = errors.Join(l.err, fmt.Errorf("%s: %w", m.File, err))
		}
	}
	l.answers[name] = r
	return r
}

// surface is a table as the models that read it see it.
func (l *lineage) surface(name string) relation {
	r := relation{rows: []origin{{name, "*"}}}
	for _, c := range l.answer(name).columns {
		r.columns = append(r.columns, column{c.name, []origin{{name, c.name}}})
	}
	return r
}

func (l *lineage) follow(o origin, depth int) {
	indent := strings.Repeat("  ", depth)
	m := l.model(o.table)
	if m == nil {
		l.loaded(o, indent)
		return
	}
	comment, from := m.Comment(o.column), l.answer(o.table).rows
	if o.column == "*" {
		comment = m.Label
	}
	for _, c := range l.answer(o.table).columns {
		if c.name == o.column {
			from = c.from
		}
	}
	if l.met[o] {
		fmt.Fprintf(&l.out, "%s%s.%s  as above\n", indent, o.table, o.column)
		return
	}
	l.met[o] = true
	fmt.Fprintf(&l.out, "%s%s.%s  %s (%s)\n", indent, o.table, o.column, comment, m.File)
	for _, f := range from {
		l.follow(f, depth+1)
	}
}

// loaded lists the departments' fields that the maps write into a column of
// a loader's table.
func (l *lineage) loaded(o origin, indent string) {
	fmt.Fprintf(&l.out, "%s%s.%s  as the loader keeps it\n", indent, o.table, o.column)
	name := strings.TrimPrefix(o.table, "load.")
	t := entity.Find(name)
	if t == nil {
		return
	}
	attribute := ""
	for _, c := range t.Columns() {
		if c.Name == o.column {
			attribute = c.Attribute.Name
		}
	}
	for _, d := range l.sources {
		for i := range d.Tables {
			for k := range d.Tables[i].Maps {
				if m := &d.Tables[i].Maps[k]; m.Entity == name {
					l.mapped(m, d.Name+" "+d.ID+"."+d.Tables[i].Name, o.column, attribute, indent+"  ")
				}
			}
		}
	}
}

// mapped writes the department's table that a map reads: for a column with
// the field's place in the definition, for rows by its name alone.
func (l *lineage) mapped(m *source.Map, table, column, attribute, indent string) {
	if column == "*" {
		fmt.Fprintf(&l.out, "%s%s\n", indent, table)
	}
	for _, a := range m.Fields {
		if attribute != "" && a.Field == attribute {
			fmt.Fprintf(&l.out, "%s%s (%s)\n", indent, table, a.Value.Place())
		}
	}
}
