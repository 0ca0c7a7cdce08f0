package build

import (
	"cmp"
	"database/sql/driver"
	"maps"
	"slices"

	"huiliu/internal/stat"
	"huiliu/transform/entity"
	"huiliu/transform/link/golden"
)

const comparisonForm = "entity VARCHAR, attribute VARCHAR, label VARCHAR, source_a VARCHAR, source_b VARCHAR, compared BIGINT, differing BIGINT, share_millionths BIGINT, share_low_millionths BIGINT, share_high_millionths BIGINT, class VARCHAR"

func comparisonModel() *Model {
	return &Model{
		Name: goldenComparison, Kind: "table", Label: "部门间一致程度", Owner: "data",
		Description: "How often two departments differ on an attribute of the entities of which both speak, whoever is right, with Wilson's interval; source_a is before source_b in the order of their ids. Attributes that are not worth a finding, such as telephones, are counted too.",
		Grain:       []string{"entity", "attribute", "source_a", "source_b"}, Roles: []string{"office", "analyst"},
		Columns: map[string]string{
			"entity": "实体类型", "attribute": "属性", "label": "属性名称", "source_a": "来源甲", "source_b": "来源乙", "compared": "双方都有值的实体数（个）", "differing": "其中不一致的实体数（个）",
			"share_millionths": "不一致率（百万分之一）", "share_low_millionths": "不一致率 95% 区间下限（百万分之一）", "share_high_millionths": "不一致率 95% 区间上限（百万分之一）", "class": "数据状况：ok 可用，not_enough 可比的不足 30 个",
		},
		Audits: []Audit{
			{Kind: "not_null", Columns: []string{"entity", "attribute", "label", "source_a", "source_b", "compared", "differing", "class"}},
			{Kind: "accepted", Columns: []string{"class"}, Values: []string{"ok", "not_enough"}},
		},
	}
}

// comparedPair is an attribute of which two sources speak.
type comparedPair struct {
	entity, attribute, label, a, b string
}

// comparisons count the entities on which two sources differ.
type comparisons map[comparedPair]*struct{ compared, differing int64 }

func (c comparisons) add(t *entity.Type, one golden.Comparison) {
	k := comparedPair{t.Name, one.Attribute, t.Attribute(one.Attribute).Label, one.A, one.B}
	if c[k] == nil {
		c[k] = &struct{ compared, differing int64 }{}
	}
	c[k].compared++
	if !one.Same {
		c[k].differing++
	}
}

// rows are the table's, in the order of its grain.
func (c comparisons) rows() [][]driver.Value {
	keys := slices.SortedFunc(maps.Keys(c), func(x, y comparedPair) int {
		return cmp.Or(cmp.Compare(x.entity, y.entity), cmp.Compare(x.attribute, y.attribute), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	var out [][]driver.Value
	for _, k := range keys {
		n := c[k]
		row := []driver.Value{k.entity, k.attribute, k.label, k.a, k.b, n.compared, n.differing, nil, nil, nil, "not_enough"}
		if i, ok := stat.Wilson(n.differing, n.compared, level); ok && n.compared >= enough {
			row = append(row[:7], millionths(float64(n.differing)/float64(n.compared)), millionths(i.Low), millionths(i.High), "ok")
		}
		out = append(out, row)
	}
	return out
}
