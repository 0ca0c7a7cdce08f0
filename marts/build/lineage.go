package build

import (
	"fmt"
	"regexp"
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
// makes it, the models and the loader's tables that the model reads, and the
// departments' fields that the maps write into those tables. Inside a model
// the columns that its SQL names are followed by name; where a model computes
// a column from others, all that it reads stands beneath it.
func Lineage(models []*Model, sources []*source.Definition, column string) (string, error) {
	at := strings.LastIndexByte(column, '.')
	var names []string
	for _, m := range models {
		names = append(names, m.Publish)
	}
	if at < 0 {
		return "", noColumn.At("lineage", "column", column, "tables", strings.Join(names, ", "))
	}
	l := &lineage{models: models, sources: sources, met: map[string]bool{}}
	table, name := column[:at], column[at+1:]
	m := l.model(table)
	if m == nil || !word(name).MatchString(m.SQL) && m.Comment(name) == "" {
		return "", noColumn.At("lineage", "column", column, "tables", strings.Join(names, ", "))
	}
	l.follow(m, name, 0)
	return strings.TrimRight(l.out.String(), "\n"), nil
}

type lineage struct {
	models  []*Model
	sources []*source.Definition
	met     map[string]bool
	out     strings.Builder
}

func (l *lineage) model(name string) *Model {
	for _, m := range l.models {
		if m.Publish == name && m.Name == name {
			return m
		}
	}
	return nil
}

func word(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(name) + `\b`)
}

func (l *lineage) follow(m *Model, column string, depth int) {
	indent := strings.Repeat("  ", depth)
	comment := m.Comment(column)
	fmt.Fprintf(&l.out, "%s%s.%s  %s (%s)\n", indent, m.Publish, column, comment, m.File)
	if l.met[m.Name+"."+column] {
		return
	}
	l.met[m.Name+"."+column] = true
	for _, read := range m.Reads {
		if under := l.model(read); under != nil {
			for _, c := range l.candidates(m, under, column) {
				l.follow(under, c, depth+1)
			}
			continue
		}
		l.loaded(read, column, depth+1)
	}
}

// candidates are the columns of a model beneath that a column may come from:
// the one of its own name, else those that the SQL names.
func (l *lineage) candidates(m, under *Model, column string) []string {
	if strings.Contains(m.SQL, "*") && l.has(under, column) || word(column).MatchString(m.SQL) && l.has(under, column) {
		return []string{column}
	}
	var out []string
	for _, c := range l.columns(under) {
		if word(c).MatchString(m.SQL) {
			out = append(out, c)
		}
	}
	return out
}

func (l *lineage) has(m *Model, column string) bool { return slices.Contains(l.columns(m), column) }

func (l *lineage) columns(m *Model) []string {
	var out []string
	for c := range m.Columns {
		out = append(out, c)
	}
	slices.Sort(out)
	if t := entity.Find(m.Table()); t != nil {
		for _, c := range t.Columns() {
			if !slices.Contains(out, c.Name) {
				out = append(out, c.Name)
			}
		}
	}
	return out
}

// loaded lists the departments' fields that the maps write into a column of
// a loader's table.
func (l *lineage) loaded(table, column string, depth int) {
	indent := strings.Repeat("  ", depth)
	fmt.Fprintf(&l.out, "%s%s.%s  as the loader keeps it\n", indent, table, column)
	name := strings.TrimPrefix(table, "load.")
	t := entity.Find(name)
	if t == nil {
		return
	}
	for _, c := range t.Columns() {
		if c.Name != column {
			continue
		}
		for _, d := range l.sources {
			for i := range d.Tables {
				for k := range d.Tables[i].Maps {
					l.mapped(&d.Tables[i].Maps[k], d, &d.Tables[i], name, c.Attribute.Name, indent+"  ")
				}
			}
		}
	}
}

func (l *lineage) mapped(m *source.Map, d *source.Definition, t *source.Table, entity, attribute, indent string) {
	if m.Entity != entity {
		return
	}
	for _, a := range m.Fields {
		if a.Field == attribute {
			fmt.Fprintf(&l.out, "%s%s %s.%s (%s)\n", indent, d.Name, d.ID, t.Name, a.Value.Place())
		}
	}
}
