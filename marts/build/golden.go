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

	"huiliu/internal/fault"
	models "huiliu/sql"
	"huiliu/transform/entity"
	"huiliu/transform/link/golden"
)

const (
	goldenValue        = "core.golden"
	goldenContrary     = "core.disagreement"
	goldenComparison   = "mart.disagreement"
	goldenValueForm    = "entity VARCHAR, entity_id VARCHAR, attribute VARCHAR, label VARCHAR, value VARCHAR, value_token VARCHAR, source VARCHAR, row_id VARCHAR, day DATE, sound BOOLEAN, stale BOOLEAN, agree BIGINT, differ BIGINT, reason VARCHAR, why VARCHAR"
	goldenContraryForm = "entity VARCHAR, entity_id VARCHAR, attribute VARCHAR, label VARCHAR, disagreement VARCHAR, reported BOOLEAN, value VARCHAR, source VARCHAR, row_id VARCHAR, day DATE, other_value VARCHAR, other_source VARCHAR, other_row_id VARCHAR, other_day DATE, since DATE, reason VARCHAR, why VARCHAR"
	// goldenRules changes when the same rows and rules would give other tables.
	goldenRules = "1"
)

// goldenStep gives each attribute of an entity one source, and lists what the
// others say differently.
type goldenStep struct{ rules []*golden.Rules }

// noGolden is raised for rules of an entity that has no golden values.
var noGolden = &fault.Kind{
	Code: "golden_no_such_entity", Class: fault.Input,
	Cause: fault.Text{EN: "there are no golden values of {entity}", ZH: "没有 {entity} 的一数一源"},
	Mend:  fault.Text{EN: "write rules for one of {known}", ZH: "可用：{known}"},
}

// Golden returns the step of golden values, by the rules that are given and,
// for entities without one there, by those in the binary. names are what
// officials call the sources that the rules do not name, by id. It fails where
// rules are wrong or for an entity that has no golden values.
func Golden(rules []*golden.Rules, names map[string]string) (Step, error) {
	files, err := fs.Glob(models.Golden, "golden/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list rules of golden values: %w", err)
	}
	out := goldenStep{}
	var known []string
	for _, file := range files {
		text, err := fs.ReadFile(models.Golden, file)
		if err != nil {
			return nil, fmt.Errorf("read rules of golden values: %w", err)
		}
		r, err := golden.Parse("sql/"+file, text)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(rules, func(own *golden.Rules) bool { return own.Type == r.Type }); at >= 0 {
			r = rules[at]
		}
		out.rules, known = append(out.rules, r.Named(names)), append(known, r.Type.Name)
	}
	for _, r := range rules {
		if !slices.Contains(known, r.Type.Name) {
			return nil, noGolden.At("golden", "entity", r.Type.Name, "known", strings.Join(known, ", "))
		}
	}
	return out, nil
}

func (goldenStep) Name() string { return "golden values" }

func (g goldenStep) Version() string {
	out := goldenRules
	for _, r := range g.rules {
		out += " " + r.Version()
	}
	return out
}

// rowsOf is the model that lists what departments say of an entity.
func rowsOf(t *entity.Type) string { return "core." + t.Name + "_row" }

func (g goldenStep) Reads() []string {
	var out []string
	for _, r := range g.rules {
		out = append(out, rowsOf(r.Type))
	}
	return out
}

func (goldenStep) Writes() []*Model {
	named := func(more map[string]string) map[string]string {
		more["entity"], more["attribute"], more["label"] = "实体类型", "属性", "属性名称"
		return more
	}
	return []*Model{{
		Name: goldenValue, Kind: "table", Label: "一数一源", Owner: "data",
		Description: "The golden value of each attribute of a resident, building or organisation: that of the one source that speaks, by the rules of sql/golden. A personal value is masked.",
		Grain:       []string{"entity", "entity_id", "attribute"}, Roles: []string{"office", "analyst"},
		Columns: named(map[string]string{
			"entity_id": "实体标识", "value": "取值（个人信息为脱敏值；社区为 ref.area 的 area_id）", "value_token": "取值：比对用假名", "source": "取值来源", "row_id": "取值的来源行标识", "day": "来源记载的日期（空为未给日期）",
			"sound": "取值是否通过校验（无校验的属性为是）", "stale": "是否已过时效（没有更新的值可取）", "agree": "说法一致的其他来源数（不比较的属性为 0）", "differ": "说法不同的其他来源数（不比较的属性为 0）",
			"reason": "取值依据：alone 仅此来源，agreed 各来源一致，sound 对方未通过校验，fresh 对方已过时效，order 来源顺序，later 日期较新，tie 按来源标识", "why": "取值说明",
		}),
		Audits: []Audit{
			{Kind: "not_null", Columns: []string{"entity", "entity_id", "attribute", "label", "value", "source", "row_id", "sound", "stale", "agree", "differ", "reason", "why"}},
			{Kind: "accepted", Columns: []string{"reason"}, Values: []string{"alone", "agreed", "sound", "fresh", "order", "later", "tie"}},
		},
	}, {
		Name: goldenContrary, Kind: "table", Label: "部门说法不一", Owner: "data",
		Description: "What another source says differently from the golden value, one row a source, attribute and entity. The number of a disagreement stays while both say the same, whichever rows say it and whoever wins. Those that are worth a finding are in mart.crosscheck.",
		Grain:       []string{"disagreement"}, Roles: []string{"office"},
		Columns: named(map[string]string{
			"entity_id": "实体标识", "disagreement": "编号：双方说法不变则编号不变", "reported": "是否列入跨部门比对（sql/golden 中 report 为否的只计数）",
			"value": "取值（个人信息为脱敏值；社区为 ref.area 的 area_id）", "source": "取值来源", "row_id": "取值的来源行标识", "day": "取值来源记载的日期",
			"other_value": "另一来源的值（同上）", "other_source": "另一来源", "other_row_id": "另一来源的行标识", "other_day": "另一来源记载的日期", "since": "自何日起不一致（空为有一方未给日期）",
			"reason": "取值依据（同 core.golden）", "why": "取值说明",
		}),
		Audits: []Audit{{Kind: "not_null", Columns: []string{"entity", "entity_id", "attribute", "label", "reported", "value", "source", "row_id", "other_value", "other_source", "other_row_id", "reason", "why"}}},
	}, comparisonModel()}
}

func (g goldenStep) Run(ctx context.Context, s StepContext) error {
	// One transaction: a commit for each part would sync the disk each time. A
	// build that breaks off rolls it back.
	if _, err := s.Conn.ExecContext(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := s.Create(ctx, goldenValue, goldenValueForm); err != nil {
		return err
	}
	if err := s.Create(ctx, goldenContrary, goldenContraryForm); err != nil {
		return err
	}
	pairs := comparisons{}
	for _, r := range g.rules {
		for part := range golden.Parts {
			if err := goldenPart(ctx, s, r, part, pairs); err != nil {
				return fmt.Errorf("golden values of %s: %w", r.Type.Name, err)
			}
		}
	}
	if err := s.Fill(ctx, goldenComparison, comparisonForm, pairs.rows()); err != nil {
		return err
	}
	if _, err := s.Conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// goldenPart decides over one part of the entities, so that what is in memory
// is a part of what is stored.
func goldenPart(ctx context.Context, s StepContext, r *golden.Rules, part int, pairs comparisons) error {
	found, err := s.Conn.QueryContext(ctx, r.Query(rowsOf(r.Type), part))
	if err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	defer found.Close()
	out := decided{rules: r, pairs: pairs}
	var id string
	var rows []golden.Row
	settle := func() error {
		if len(rows) == 0 {
			return nil
		}
		result, err := r.Resolve(id, rows, s.AsOf)
		if err != nil {
			return err
		}
		out.add(id, &result)
		rows = rows[:0]
		return nil
	}
	for found.Next() {
		of, row, err := scanGolden(found, r)
		if err != nil {
			return err
		}
		if of != id {
			if err := settle(); err != nil {
				return err
			}
		}
		id = of
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	if err := settle(); err != nil {
		return err
	}
	// The connection reads or writes, never both.
	if err := found.Close(); err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	if err := s.Append(ctx, goldenValue, out.values); err != nil {
		return err
	}
	return s.Append(ctx, goldenContrary, out.contrary)
}

// scanGolden reads one row of golden.Rules.Query.
func scanGolden(found *sql.Rows, r *golden.Rules) (id string, row golden.Row, err error) {
	names := r.Columns()
	texts := make([]sql.NullString, len(names))
	var day sql.NullTime
	into := []any{&id, &row.ID, &row.Source, &day}
	for i := range texts {
		into = append(into, &texts[i])
	}
	if err := found.Scan(into...); err != nil {
		return "", row, fmt.Errorf("read row: %w", err)
	}
	row.Day = day.Time
	values := make([]string, len(texts))
	for i, t := range texts {
		values[i] = t.String
	}
	var ok bool
	if row.Values, ok = r.Values(values); !ok {
		return "", row, fmt.Errorf("row %s has %d columns", row.ID, len(values))
	}
	return id, row, nil
}

// decided are the rows that one part comes to.
type decided struct {
	rules            *golden.Rules
	pairs            comparisons
	values, contrary [][]driver.Value
}

func (d *decided) add(id string, r *golden.Result) {
	t := d.rules.Type
	label := func(attribute string) string { return t.Attribute(attribute).Label }
	for _, w := range r.Winners {
		d.values = append(d.values, []driver.Value{t.Name, id, w.Attribute, label(w.Attribute), w.Shown, textOrNull(w.Token), w.Source, w.Row, dayOrNull(w.Day),
			!w.Unsound, w.Stale, int64(len(w.Agree)), int64(len(w.Differ)), string(w.Reason), w.Why})
	}
	for _, c := range r.Disagreements {
		d.contrary = append(d.contrary, []driver.Value{t.Name, id, c.Attribute, label(c.Attribute), c.Key, d.rules.Reported(c.Attribute), c.Winner.Shown, c.Winner.Source, c.Winner.Row, dayOrNull(c.Winner.Day),
			c.Other.Shown, c.Other.Source, c.Other.Row, dayOrNull(c.Other.Day), dayOrNull(c.Since), string(c.Reason), c.Why})
	}
	for _, c := range r.Compared {
		d.pairs.add(t, c)
	}
}

func dayOrNull(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t
}
