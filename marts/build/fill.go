package build

import (
	"context"
	"fmt"
	"strings"

	"huiliu/marts/store"
	"huiliu/transform/entity"
)

// fillStep counts, field by field, how much of each department's rows is
// filled and how many cells lie in quarantine: its SQL follows from the
// entities' declarations.
type fillStep struct{}

func (fillStep) Name() string    { return "entity fields" }
func (fillStep) Version() string { return "1" }

func (fillStep) Reads() []string {
	reads := []string{"load.quarantine"}
	for i := range entity.Types {
		reads = append(reads, "staging."+entity.Types[i].Name)
	}
	return reads
}

func (fillStep) Writes() []*Model {
	return []*Model{{
		Name: "mart.field_quality", Kind: "table", Label: "字段质量", Owner: "data",
		Description: "Each field of each department's rows: how many rows, how many of them filled, how many cells quarantined. An instant counts as filled by its day, a place by its cell; quarantined cells of a field that no attribute is named after stand under an empty entity.",
		Grain:       []string{"source", "source_table", "entity", "field"}, Roles: []string{"office", "analyst"},
		Columns: map[string]string{
			"source": "来源", "source_table": "表", "entity": "实体类型（空为来源自有字段）", "field": "字段", "label": "字段名称", "rows": "有效行数（条）", "filled": "已填行数（条）",
			"filled_share": "填写比例", "quarantined": "隔离的值（个）",
		},
		Audits: []Audit{{Kind: "not_null", Columns: []string{"source", "source_table", "entity", "field", "rows", "filled", "quarantined"}}},
	}}
}

func (fillStep) Run(ctx context.Context, s StepContext) error {
	var counts, labels []string
	for i := range entity.Types {
		t := &entity.Types[i]
		filled, fields := []string{}, []string{}
		for k := range t.Attributes {
			a := &t.Attributes[k]
			filled = append(filled, "count("+store.Ident(firstColumn(t, a))+")")
			fields = append(fields, store.Quote(a.Name))
			labels = append(labels, fmt.Sprintf("(%s, %s, %s)", store.Quote(t.Name), store.Quote(a.Name), store.Quote(a.Label)))
		}
		counts = append(counts, fmt.Sprintf(`SELECT source, source_table, %s AS entity, rows, unnest([%s]) AS field, unnest(filled) AS filled
			FROM (SELECT source, source_table, count(*) AS rows, [%s] AS filled FROM staging.%s GROUP BY source, source_table)`,
			store.Quote(t.Name), strings.Join(fields, ", "), strings.Join(filled, ", "), t.Name))
	}
	query := fmt.Sprintf(`CREATE TABLE build.mart.field_quality AS
		WITH counted AS (%s), named(entity, field, label) AS (VALUES %s), cells AS (
			SELECT source, source_table, field, count(*) AS quarantined FROM load.quarantine WHERE kind = 'cell' AND state = 'open' GROUP BY ALL)
		SELECT coalesce(c.source, q.source) AS source, coalesce(c.source_table, q.source_table) AS source_table, coalesce(c.entity, '') AS entity, coalesce(c.field, q.field, '') AS field, n.label,
			coalesce(c.rows, 0) AS rows, coalesce(c.filled, 0) AS filled, CASE WHEN c.rows > 0 THEN (c.filled::DECIMAL(18,6) / c.rows)::DECIMAL(9,6) END AS filled_share, coalesce(q.quarantined, 0) AS quarantined
		FROM counted c JOIN named n USING (entity, field) FULL JOIN cells q ON q.source = c.source AND q.source_table = c.source_table AND q.field = c.field`,
		strings.Join(counts, " UNION ALL "), strings.Join(labels, ", "))
	if _, err := s.Conn.ExecContext(ctx, query); err != nil {
		return fmt.Errorf("count fields: %w", err)
	}
	return nil
}

// firstColumn names the column that tells whether an attribute has a value;
// an instant may be known by its day alone, a point by its cell.
func firstColumn(t *entity.Type, a *entity.Attribute) string {
	for _, c := range t.Columns() {
		if c.Attribute.Name != a.Name {
			continue
		}
		switch {
		case a.Kind == entity.Instant && !strings.HasSuffix(c.Name, "_on"), (a.Kind == entity.Point || a.Kind == entity.Home) && c.Name != "h3_9":
			continue
		}
		return c.Name
	}
	return ""
}
