// Package build turns what the loader keeps into what people read: it orders
// the models, builds them into a file of their own beside the store, audits
// them, and publishes one immutable snapshot for each role by a swap. A
// reader never sees half of one.
package build

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"huiliu/internal/fault"
	"huiliu/transform/entity"
)

// Faults of models.
var (
	badModel = &fault.Kind{
		Code: "model_header", Class: fault.Input,
		Cause: fault.Text{EN: "the model's header is wrong: {why}", ZH: "模型头部有误：{why}"},
		Mend:  fault.Text{EN: "see sql/README.md for what a header holds", ZH: "头部写法见 sql/README.md"},
	}
	cycle = &fault.Kind{
		Code: "model_cycle", Class: fault.Input,
		Cause: fault.Text{EN: "these models read each other: {models}", ZH: "模型互相读取：{models}"},
		Mend:  fault.Text{EN: "take one of the readings out", ZH: "去掉其中一处读取"},
	}
)

// Roles are those that a snapshot is published for.
var Roles = []string{"office", "analyst", "district"}

// Model is one SQL file.
type Model struct {
	// Name is schema.table while building; Publish is the name readers see.
	Name, Publish string
	// Kind is view or table; warn for an audit that only tells.
	Kind string
	// Label is the table's name in Chinese; Description says in English what
	// it is.
	Label, Description, Owner string
	// Grain is the columns that make a row unique.
	Grain []string
	// Reads are the tables the model reads.
	Reads []string
	// Roles are those whose snapshot holds it.
	Roles []string
	// Partition is the date column whose month parts a core table.
	Partition string
	// Columns are the Chinese comments by column.
	Columns map[string]string
	// Audits are what the header promises of the rows, beside the grain.
	Audits []Audit
	SQL    string
	File   string
	// step makes the table where SQL can't.
	step Step
}

// Schema returns the schema of a model's name.
func (m *Model) Schema() string { s, _, _ := strings.Cut(m.Name, "."); return s }

// Table returns the table of the name that readers see.
func (m *Model) Table() string { _, t, _ := strings.Cut(m.Publish, "."); return t }

var header = regexp.MustCompile(`^-- ([a-z]+)(?: ([a-z0-9_]+))?: (.*)$`)

// ParseModel reads a file of SQL with its header.
func ParseModel(file, text string) (*Model, error) {
	m := &Model{File: file, Kind: "table", Columns: map[string]string{}}
	lines := strings.Split(text, "\n")
	at := 0
	for ; at < len(lines) && strings.HasPrefix(lines[at], "--"); at++ {
		parts := header.FindStringSubmatch(lines[at])
		if parts == nil {
			return nil, badModel.At(fmt.Sprintf("%s:%d", file, at+1), "why", "a header line is -- key: value")
		}
		if err := m.set(parts[1], parts[2], parts[3]); err != nil {
			return nil, badModel.At(fmt.Sprintf("%s:%d", file, at+1), "why", err)
		}
	}
	m.SQL = strings.TrimSpace(strings.Join(lines[at:], "\n"))
	if m.Publish == "" {
		m.Publish = m.Name
	}
	if m.Schema() == "audit" {
		m.Grain = []string{"rows that break it"}
	}
	for what, missing := range map[string]bool{"name": !strings.Contains(m.Name, "."), "label": m.Label == "", "description": m.Description == "", "grain": len(m.Grain) == 0, "owner": m.Owner == "", "SQL": m.SQL == ""} {
		if missing {
			return nil, badModel.At(file, "why", what+" is missing")
		}
	}
	return m, nil
}

func (m *Model) set(key, column, value string) error {
	list := func() []string {
		return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	}
	switch key {
	case "name":
		m.Name = value
	case "publish":
		m.Publish = value
	case "kind":
		if !slices.Contains([]string{"view", "table", "warn"}, value) {
			return fmt.Errorf("kind is view, table, or warn for an audit that stops nothing, not %s", value)
		}
		m.Kind = value
	case "label":
		m.Label = value
	case "description":
		m.Description = value
	case "owner":
		m.Owner = value
	case "grain":
		m.Grain = list()
	case "reads":
		m.Reads = list()
	case "roles":
		m.Roles = list()
		for _, r := range m.Roles {
			if !slices.Contains(Roles, r) {
				return fmt.Errorf("unknown role %s", r)
			}
		}
	case "partition":
		m.Partition = value
	case "column":
		m.Columns[column] = value
	case "audit", "warn":
		a, err := parseAudit(column, value)
		if err != nil {
			return err
		}
		a.Warn = key == "warn"
		m.Audits = append(m.Audits, a)
	default:
		return fmt.Errorf("unknown key %s", key)
	}
	return nil
}

// Comment returns a column's Chinese comment: the model's own, else that of
// the entity the table is named after, as it or its rows.
func (m *Model) Comment(column string) string {
	if c := m.Columns[column]; c != "" {
		return c
	}
	switch column {
	case "id":
		return "来源行标识"
	case "source":
		return "来源"
	case "source_table":
		return "来源表"
	}
	if t := entity.Find(strings.TrimSuffix(m.Table(), "_row")); t != nil {
		for _, c := range t.Columns() {
			if c.Name == column {
				return c.Comment
			}
		}
	}
	return ""
}

// ReadModels parses every model of a file system.
func ReadModels(files fs.FS) ([]*Model, error) {
	names, err := fs.Glob(files, "*/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	var models []*Model
	for _, name := range names {
		if path.Dir(name) == "schema" {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read model: %w", err)
		}
		m, err := ParseModel("sql/"+name, string(text))
		if err != nil {
			return nil, err
		}
		models = append(models, m)
	}
	return Order(models)
}

// Order sorts models so that each stands behind what it reads, by name where
// that leaves a choice.
func Order(models []*Model) ([]*Model, error) {
	byName := map[string]*Model{}
	for _, m := range models {
		byName[m.Name] = m
	}
	left := slices.Clone(models)
	slices.SortFunc(left, func(a, b *Model) int { return strings.Compare(a.Name, b.Name) })
	done := map[string]bool{}
	var out []*Model
	for len(left) > 0 {
		at := slices.IndexFunc(left, func(m *Model) bool {
			return !slices.ContainsFunc(m.Reads, func(r string) bool { return byName[r] != nil && !done[r] })
		})
		if at < 0 {
			var names []string
			for _, m := range left {
				names = append(names, m.Name)
			}
			return nil, cycle.At("sql", "models", strings.Join(names, ", "))
		}
		done[left[at].Name] = true
		out = append(out, left[at])
		left = slices.Delete(left, at, at+1)
	}
	return out, nil
}
