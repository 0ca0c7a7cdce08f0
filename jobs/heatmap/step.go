// Package heatmap is the demand heatmap: the step that makes
// mart.demand_heatmap of its counts, with rates, intervals and what is
// withheld from the district, and the job that draws it as a page, an SVG and
// a PNG.
package heatmap

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"huiliu/internal/stat"
	"huiliu/marts/build"
)

const (
	// level of the intervals that a rate carries.
	level = 0.95
	// enough is the least count, of events and of residents, from which a rate
	// is told as one. With it the exact interval is at most 136 % of the rate
	// wide. Source: NCHS Data Presentation Standards for Rates and Counts,
	// Vital and Health Statistics 2 (200), 2023: ten or more in numerator and
	// denominator, and a relative width of at most 160 %.
	enough = 10
	// small is the count under which what leaves the house is withheld.
	small = 5
	// perMille is how many residents a rate is for.
	perMille = 1000
)

// millionths is the scale in which limits of intervals are kept, so that all
// that follows is exact.
const millionths = 1_000_000

// Step makes mart.demand_heatmap and the form of it that the district gets.
type Step struct{}

// Name is that of the folder.
func (Step) Name() string { return "jobs/heatmap" }

// Version is a digest of all that decides the rows, and of algorithm, which is
// raised when the choice of what is withheld changes.
func (Step) Version() string {
	const algorithm = 1
	sum := sha256.Sum256(fmt.Append(nil, algorithm, level, enough, small, perMille, ratesSQL, districtSQL))
	return hex.EncodeToString(sum[:])
}

// Reads names the counts.
func (Step) Reads() []string { return []string{"mart.demand_heatmap_counts"} }

var grain = []string{"month", "category_level", "category", "area_kind", "area_id"}

var comments = map[string]string{
	"month": "月份（首日）", "category_level": "类别层级：0 全部合计，1 一级类别；求和时只取一层", "category": "一级类别（合计行为“全部”）",
	"area_kind": "区域类型：community 社区，h3_8 网格（8 级），h3_9 网格（9 级）；求和时只取一种", "area_id": "区域标识（社区标识、spelling: 加来源写法、unknown 未给社区；H3 网格号，placeless 无可用位置）",
	"area_name": "社区名称", "requests": "诉求件数（件）", "issues": "问题数（事，同一问题的多件诉求只计首件）", "residents": "常住人口（人；网格为推算数：按可定位的在册人口分摊社区常住人口）", "residents_as_of": "人口数截至日期",
	"rate_per_1000": "每千人当月诉求件数", "rate_low": "每千人诉求件数：95% 区间下限（Garwood 精确法）", "rate_high": "每千人诉求件数：95% 区间上限",
	"rate_class":          "每千人诉求件数：ok 可算，not_enough 数据不足（件数或人口不足 10），no_denominator 无常住人口数",
	"issue_rate_per_1000": "每千人当月问题数", "issue_rate_low": "每千人问题数：95% 区间下限（Garwood 精确法）", "issue_rate_high": "每千人问题数：95% 区间上限",
	"issue_rate_class": "每千人问题数：ok 可算，not_enough 数据不足（问题数或人口不足 10），no_denominator 无常住人口数",
}

// districtComments are the comments on the form that leaves the house.
func districtComments() map[string]string {
	out := map[string]string{"suppressed": "因数量过小而隐去（其自身小于 5，或为防止由合计倒推）"}
	for column, text := range comments {
		out[column] = text
	}
	out["area_kind"] = "区域类型：community 社区，h3_8 网格（8 级）；求和时只取一种"
	out["residents"], out["residents_as_of"] = "常住人口（人；网格不提供，比率亦不提供）", "人口数截至日期"
	for _, column := range []string{"requests", "issues", "rate_per_1000", "rate_low", "rate_high", "rate_class", "issue_rate_per_1000", "issue_rate_low", "issue_rate_high", "issue_rate_class"} {
		out[column] += "（隐去时为空）"
	}
	return out
}

// Writes are the heatmap for those inside, the one for the district, and the
// two tables between that are not published.
func (Step) Writes() []*build.Model {
	keys := build.Audit{Kind: "not_null", Columns: grain}
	classes := []string{"ok", "not_enough", "no_denominator"}
	district := build.Audit{Kind: "accepted", Columns: []string{"area_kind"}, Values: []string{"community", "h3_8"}}
	return []*build.Model{
		{
			Name: "mart.demand_heatmap", Kind: "table", Label: "诉求热力", Owner: "data",
			Description: "Requests and issues by month, category and place, as mart.demand_heatmap_counts counts them, with a rate per 1,000 residents and month where residents are known, its exact Poisson interval (Garwood 1936, 95 %), and a class: not_enough where fewer than ten events or residents stand behind the rate.",
			Grain:       grain, Roles: []string{"office", "analyst"}, Columns: comments,
			Audits: []build.Audit{keys, {Kind: "not_null", Columns: []string{"requests", "issues", "rate_class", "issue_rate_class"}},
				{Kind: "accepted", Columns: []string{"rate_class"}, Values: classes}, {Kind: "accepted", Columns: []string{"issue_rate_class"}, Values: classes}},
		},
		{
			Name: "mart.demand_heatmap_district", Publish: "mart.demand_heatmap", Kind: "table", Label: "诉求热力（报区，小数隐去）", Owner: "data",
			Description: "The heatmap as it leaves the house: communities and cells of resolution 8. A row with under five requests, or one to four issues, is withheld, and with it as many others that no withheld number follows from those that are shown and from the month's total. Cells carry no residents and no rate, since few people live in some and a rate would tell how many. Cells of resolution 9 stay in the house: nearly all their counts are small, and each would divide one of resolution 8.",
			Grain:       grain, Roles: []string{"district"}, Columns: districtComments(),
			Audits: []build.Audit{keys, {Kind: "not_null", Columns: []string{"suppressed"}}, district},
		},
		{
			Name: "mart.poisson_interval", Kind: "table", Label: "计数的精确区间", Owner: "data", Grain: []string{"events"},
			Description: "The exact interval of each count that the heatmap has, in millionths of an event.",
			Columns:     map[string]string{"events": "计数", "low": "95% 区间下限（百万分之一）", "high": "95% 区间上限（百万分之一）"},
			Audits:      []build.Audit{{Kind: "not_null", Columns: []string{"events", "low", "high"}}},
		},
		{
			Name: "mart.demand_heatmap_withheld", Kind: "table", Label: "诉求热力中隐去的行", Owner: "data", Grain: grain,
			Description: "The rows of the heatmap that the district does not see.",
			Columns:     map[string]string{"month": comments["month"], "category_level": comments["category_level"], "category": comments["category"], "area_kind": comments["area_kind"], "area_id": comments["area_id"]},
			Audits:      []build.Audit{keys},
		},
	}
}

// ratesSQL makes the heatmap. A limit in millionths of an event, times 1,000
// over residents, is exact in DECIMAL up to the last rounding.
var ratesSQL = fmt.Sprintf(`CREATE TABLE build.mart.demand_heatmap AS
	SELECT c.month, c.category_level, c.category, c.area_kind, c.area_id, c.area_name, c.requests, c.issues, c.residents, c.residents_as_of, %s, %s
	FROM mart.demand_heatmap_counts c
	JOIN mart.poisson_interval r ON r.events = c.requests
	JOIN mart.poisson_interval i ON i.events = c.issues`, rates("requests", "r", "rate"), rates("issues", "i", "issue_rate"))

// rates writes the four columns that tell of one count's rate.
func rates(count, interval, name string) string {
	return strings.NewReplacer("{count}", "c."+count, "{interval}", interval, "{name}", name, "{per}", fmt.Sprint(perMille), "{scale}", fmt.Sprint(millionths), "{enough}", fmt.Sprint(enough)).Replace(
		`CASE WHEN c.residents > 0 THEN ({count} * {per}::DECIMAL(28,3) / c.residents)::DECIMAL(18,3) END AS {name}_per_1000,
		CASE WHEN c.residents > 0 THEN ({interval}.low::DECIMAL(28,0) * {per} / {scale} / c.residents)::DECIMAL(18,3) END AS {name}_low,
		CASE WHEN c.residents > 0 THEN ({interval}.high::DECIMAL(28,0) * {per} / {scale} / c.residents)::DECIMAL(18,3) END AS {name}_high,
		CASE WHEN c.residents IS NULL OR c.residents <= 0 THEN 'no_denominator' WHEN {count} < {enough} OR c.residents < {enough} THEN 'not_enough' ELSE 'ok' END AS {name}_class`)
}

// districtSQL makes the district's form. A class would tell whether what is
// withheld is small, so it is withheld too. Of a cell nothing is given that its
// residents could be computed from.
var districtSQL = func() string {
	rates := ""
	for _, name := range []string{"rate", "issue_rate"} {
		for _, column := range []string{"_per_1000", "_low", "_high"} {
			rates += fmt.Sprintf("CASE WHEN w.area_id IS NULL AND h.area_kind = 'community' THEN h.%[1]s END AS %[1]s, ", name+column)
		}
		rates += fmt.Sprintf("CASE WHEN w.area_id IS NULL AND h.area_kind = 'community' THEN h.%[1]s WHEN w.area_id IS NULL THEN 'no_denominator' END AS %[1]s, ", name+"_class")
	}
	return `CREATE TABLE build.mart.demand_heatmap_district AS
	SELECT h.month, h.category_level, h.category, h.area_kind, h.area_id, h.area_name,
		CASE WHEN h.area_kind = 'community' THEN h.residents END AS residents, CASE WHEN h.area_kind = 'community' THEN h.residents_as_of END AS residents_as_of,
		CASE WHEN w.area_id IS NULL THEN h.requests END AS requests, CASE WHEN w.area_id IS NULL THEN h.issues END AS issues,
		` + rates + `w.area_id IS NOT NULL AS suppressed
	FROM mart.demand_heatmap h
	LEFT JOIN mart.demand_heatmap_withheld w ON w.month = h.month AND w.category_level = h.category_level AND w.category = h.category AND w.area_kind = h.area_kind AND w.area_id = h.area_id
	WHERE h.area_kind IN ('community', 'h3_8')`
}()

// Run makes the four tables.
func (Step) Run(ctx context.Context, s build.StepContext) error {
	if err := intervals(ctx, s); err != nil {
		return err
	}
	if _, err := s.Conn.ExecContext(ctx, ratesSQL); err != nil {
		return fmt.Errorf("compute rates: %w", err)
	}
	withheld, err := choose(ctx, s)
	if err != nil {
		return err
	}
	if err := s.Fill(ctx, "mart.demand_heatmap_withheld", "month DATE, category_level TINYINT, category VARCHAR, area_kind VARCHAR, area_id VARCHAR", withheld); err != nil {
		return err
	}
	if _, err := s.Conn.ExecContext(ctx, districtSQL); err != nil {
		return fmt.Errorf("withhold small counts: %w", err)
	}
	return nothingSmall(ctx, s)
}

// intervals fills the interval of every count that occurs.
func intervals(ctx context.Context, s build.StepContext) error {
	found, err := s.Conn.QueryContext(ctx, "SELECT requests FROM mart.demand_heatmap_counts UNION SELECT issues FROM mart.demand_heatmap_counts ORDER BY 1")
	if err != nil {
		return fmt.Errorf("list counts: %w", err)
	}
	defer found.Close()
	var rows [][]driver.Value
	for found.Next() {
		var n int64
		if err := found.Scan(&n); err != nil {
			return fmt.Errorf("list counts: %w", err)
		}
		low, high := stat.PoissonInterval(n, level)
		rows = append(rows, []driver.Value{n, int64(math.Round(low * millionths)), int64(math.Round(high * millionths))})
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("list counts: %w", err)
	}
	return s.Fill(ctx, "mart.poisson_interval", "events BIGINT, low BIGINT, high BIGINT", rows)
}

// choose reads the counts month by month and returns the keys of the rows to
// withhold.
func choose(ctx context.Context, s build.StepContext) ([][]driver.Value, error) {
	found, err := s.Conn.QueryContext(ctx, "SELECT month, category_level, category, area_kind, area_id, requests, issues FROM mart.demand_heatmap WHERE area_kind IN ('community', 'h3_8') ORDER BY ALL")
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	defer found.Close()
	var out [][]driver.Value
	var month time.Time
	var counts []count
	flush := func() {
		for _, i := range withhold(counts) {
			out = append(out, []driver.Value{month, int8(counts[i].level), counts[i].category, counts[i].kind, counts[i].area})
		}
		counts = counts[:0]
	}
	for found.Next() {
		var c count
		var m time.Time
		if err := found.Scan(&m, &c.level, &c.category, &c.kind, &c.area, &c.requests, &c.issues); err != nil {
			return nil, fmt.Errorf("read counts: %w", err)
		}
		if !m.Equal(month) {
			flush()
			month = m
		}
		counts = append(counts, c)
	}
	flush()
	return out, found.Err()
}

// nothingSmall makes sure of what is promised, whatever chose the rows.
func nothingSmall(ctx context.Context, s build.StepContext) error {
	var n int64
	err := s.Conn.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FROM mart.demand_heatmap_district WHERE requests < %[1]d OR issues BETWEEN 1 AND %[1]d - 1", small)).Scan(&n)
	if err != nil {
		return fmt.Errorf("look for small counts: %w", err)
	}
	if n > 0 {
		return smallShown.At("mart.demand_heatmap_district", "n", n)
	}
	return nil
}
