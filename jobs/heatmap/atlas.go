package heatmap

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"huiliu/marts/query"
)

// atlas is what one role's snapshot says of demand, ready to be drawn.
type atlas struct {
	site, snapshot, role string
	asOf                 time.Time
	// months are the first days of months, categories begin with all of them.
	months     []time.Time
	categories []string
	kinds      []*layer
	// view is the map's width and height in pixels; outlines are those of
	// communities.
	view     [2]float64
	metres   float64 // of one pixel
	outlines []*area
}

// layer is one kind of area.
type layer struct {
	key, name string
	areas     []*area
	index     map[string]int
	// cells are the rows by month and category, in the order of areas.
	cells map[[2]int][]row
}

// row is one row of the heatmap. Texts of numbers are as the mart has them,
// empty where it has none.
type row struct {
	area             int
	suppressed       bool
	requests, issues int64
	residents        int64
	residentsAsOf    string
	rates            [2]rate // of requests and of issues
}

// rate is one count's rate per 1,000 residents with its interval.
type rate struct{ value, low, high, class string }

// kindNames are the kinds of area in the order in which a page offers them.
var kindNames = [][2]string{{"community", "社区"}, {"h3_8", "网格（8 级）"}, {"h3_9", "网格（9 级）"}}

// all is the category of level 0.
const all = "全部"

// read reads a role's pinned snapshot.
func read(ctx context.Context, d *query.DB, site string) (*atlas, error) {
	a := &atlas{site: site, snapshot: d.Snapshot, role: d.Role}
	var err error
	if a.asOf, err = time.Parse(time.DateOnly, d.AsOf); err != nil {
		return nil, fmt.Errorf("read day of snapshot: %w", err)
	}
	for _, k := range kindNames {
		a.kinds = append(a.kinds, &layer{key: k[0], name: k[1], index: map[string]int{}, cells: map[[2]int][]row{}})
	}
	if err := a.readAreas(ctx, d); err != nil {
		return nil, err
	}
	if err := a.readIndex(ctx, d); err != nil {
		return nil, err
	}
	if len(a.months) == 0 {
		return nil, empty.At("mart.demand_heatmap, " + d.Role)
	}
	if err := a.readRows(ctx, d); err != nil {
		return nil, err
	}
	a.kinds = slices.DeleteFunc(a.kinds, func(l *layer) bool { return len(l.cells) == 0 })
	a.project()
	return a, nil
}

func each(ctx context.Context, d *query.DB, text string, scan func(*query.Rows) error) error {
	rows, err := d.Query(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("read %.40s: %w", text, err)
		}
	}
	return rows.Err()
}

func (a *atlas) readAreas(ctx context.Context, d *query.DB) error {
	return each(ctx, d, "SELECT area_id, name, CASE WHEN place_state = 'ok' THEN lat END, CASE WHEN place_state = 'ok' THEN long END, boundary FROM ref.area WHERE level = 'community' ORDER BY area_id", func(r *query.Rows) error {
		var id, name, boundary sql.NullString
		var lat, long sql.NullFloat64
		if err := r.Scan(&id, &name, &lat, &long, &boundary); err != nil {
			return err
		}
		one := a.kinds[0].area(id.String)
		one.name = name.String
		one.place(lat, long, boundary.String)
		return nil
	})
}

// readIndex lists months and categories, those with most requests first, by
// what this role may see.
func (a *atlas) readIndex(ctx context.Context, d *query.DB) error {
	a.categories = []string{all}
	err := each(ctx, d, "SELECT category FROM mart.demand_heatmap WHERE category_level = 1 AND area_kind = 'community' GROUP BY category ORDER BY coalesce(sum(requests), 0) DESC, category", func(r *query.Rows) error {
		var c string
		defer func() { a.categories = append(a.categories, c) }()
		return r.Scan(&c)
	})
	if err != nil {
		return err
	}
	return each(ctx, d, "SELECT DISTINCT month FROM mart.demand_heatmap ORDER BY month", func(r *query.Rows) error {
		var m time.Time
		defer func() { a.months = append(a.months, m) }()
		return r.Scan(&m)
	})
}

func (a *atlas) readRows(ctx context.Context, d *query.DB) error {
	months, categories, layers := map[time.Time]int{}, map[string]int{}, map[string]*layer{}
	for i, m := range a.months {
		months[m] = i
	}
	for i, c := range a.categories[1:] {
		categories[c] = i + 1
	}
	for _, l := range a.kinds {
		layers[l.key] = l
	}
	suppressed := "false"
	if a.role == "district" {
		suppressed = "suppressed"
	}
	text := `SELECT month, category_level, category, area_kind, area_id, coalesce(area_name, ''), ` + suppressed + `, coalesce(requests, 0), coalesce(issues, 0), coalesce(residents, 0), coalesce(residents_as_of::VARCHAR, ''),
		coalesce(rate_per_1000::VARCHAR, ''), coalesce(rate_low::VARCHAR, ''), coalesce(rate_high::VARCHAR, ''), coalesce(rate_class, ''),
		coalesce(issue_rate_per_1000::VARCHAR, ''), coalesce(issue_rate_low::VARCHAR, ''), coalesce(issue_rate_high::VARCHAR, ''), coalesce(issue_rate_class, '')
		FROM mart.demand_heatmap ORDER BY month, category_level, category, area_kind, area_id`
	err := each(ctx, d, text, func(r *query.Rows) error {
		var month time.Time
		var level int
		var category, kind, id, name string
		var one row
		if err := r.Scan(&month, &level, &category, &kind, &id, &name, &one.suppressed, &one.requests, &one.issues, &one.residents, &one.residentsAsOf,
			&one.rates[0].value, &one.rates[0].low, &one.rates[0].high, &one.rates[0].class, &one.rates[1].value, &one.rates[1].low, &one.rates[1].high, &one.rates[1].class); err != nil {
			return err
		}
		l := layers[kind]
		at := l.area(id)
		if kind != "community" {
			at.cell(id)
		} else if at.name == "" {
			at.name = name
		}
		one.area = l.index[id]
		key := [2]int{months[month], 0}
		if level > 0 {
			key[1] = categories[category]
		}
		l.cells[key] = append(l.cells[key], one)
		return nil
	})
	for _, l := range a.kinds {
		for _, rows := range l.cells {
			slices.SortFunc(rows, func(x, y row) int { return cmp.Compare(x.area, y.area) })
		}
	}
	return err
}

// area returns an area by its id, made when it is new.
func (l *layer) area(id string) *area {
	i, ok := l.index[id]
	if !ok {
		i = len(l.areas)
		l.index[id] = i
		l.areas = append(l.areas, &area{id: id})
	}
	return l.areas[i]
}

// label is an area as an official reads it.
func (a *area) label() string {
	switch {
	case a.id == "unknown":
		return "未给社区"
	case a.id == "placeless":
		return "无可用位置"
	case a.name != "":
		return a.name
	}
	if cell, err := strconv.ParseUint(a.id, 10, 64); err == nil {
		return strconv.FormatUint(cell, 16)
	}
	return a.id
}

// count returns the count that is chosen: requests or issues.
func (r *row) count(unit int) int64 {
	if unit == byIssues {
		return r.issues
	}
	return r.requests
}

// number reads one of the mart's decimals; nothing is 0.
func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return v
}
