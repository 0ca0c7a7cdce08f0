package place

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"huiliu/fixtures/city"
	"huiliu/transform/address"
)

// cityRow is a row of a made city with its truth.
type cityRow struct {
	Row
	key, department, entity string
}

// cityRows gives the last state of every row that the truth gives a place.
func cityRows(t testing.TB, cfg city.Config) (rows []cityRow, dir string) {
	t.Helper()
	dir = t.TempDir()
	at := map[string]int{}
	err := city.MakeAndWatch(context.Background(), dir, cfg, func(r city.Row) {
		row := cityRow{key: r.Table + "/" + r.Key, department: r.Department, entity: r.Entity("place"), Row: Row{
			Address:   r.Cell("jzdz", "address", "坐落地址", "地址", "家庭住址"),
			Code:      r.Cell("fwbm", "building_code", "房屋编号", "address_id"),
			Community: r.Cell("community", "社区", "communityName"),
			Name:      r.Cell("房屋名称", "小区"),
		}}
		if row.entity == "" {
			return
		}
		if i, ok := at[row.department+row.key]; ok {
			rows[i] = row
			return
		}
		at[row.department+row.key] = len(rows)
		rows = append(rows, row)
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, dir
}

func cityReader(t testing.TB) *Reader {
	t.Helper()
	parser, err := address.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return NewReader(parser, Site{Town: "云溪街道"}, nil)
}

// shares counts pairs of rows.
type shares struct{ both, found, truth float64 }

func (s shares) f1() (f, precision, recall float64) {
	precision, recall = s.both/max(1, s.found), s.both/max(1, s.truth)
	return 2 * precision * recall / max(1e-9, precision+recall), precision, recall
}

// pairwise compares two partitions of rows; a row with an empty found key is
// alone. Only pairs that use accepts by the rows' departments count.
func pairwise(found, truth []string) shares {
	pairs := func(m map[string]float64) (n float64) {
		for _, c := range m {
			n += c * (c - 1) / 2
		}
		return n
	}
	f, tr, b := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for i := range found {
		tr[truth[i]]++
		if found[i] != "" {
			f[found[i]]++
			b[found[i]+" "+truth[i]]++
		}
	}
	return shares{pairs(b), pairs(f), pairs(tr)}
}

// hidden reads the truth of the hidden hazards.
func hidden(t testing.TB, dir string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "truth", "hidden_hazards.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

