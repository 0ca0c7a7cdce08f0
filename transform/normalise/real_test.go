package normalise

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huiliu/ingest/page"
	"huiliu/internal/geo"
)

// realPages reads a public CSV file as pages of text; the test is skipped
// where the data are absent.
func realPages(t *testing.T, path string) []*page.Batch {
	t.Helper()
	root := os.Getenv("HUILIU_DATA")
	if root == "" {
		t.Skip("HUILIU_DATA is not set")
	}
	f, err := os.Open(filepath.Join(root, path))
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(path, "gb18030") {
		r = simplifiedchinese.GB18030.NewDecoder().Reader(r)
	}
	lines := csv.NewReader(r)
	names, err := lines.Read()
	if err != nil {
		t.Fatal(err)
	}
	var out []*page.Batch
	b := page.NewBuilder()
	for n := int64(1); ; n++ {
		row, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range row {
			b.Text(b.Column(names[k], page.Text), []byte(v))
		}
		if b.End(page.Upsert, n, -1); b.Full() {
			out = append(out, finish(t, b))
			b.Reset()
		}
	}
	return append(out, finish(t, b))
}

// tally applies a map to a file and counts, over all rows, the cells of each
// named column, and the bad ones by field and code.
func tally(t *testing.T, path, table string, site Site, columns ...string) (rows int, values map[string]map[string]int, bad map[string]int) {
	t.Helper()
	pages := realPages(t, path)
	d := definition(t, table)
	tr, err := Compile(d, &d.Tables[0], site, testKeeper(t))
	if err != nil {
		t.Fatal(err)
	}
	values, bad = map[string]map[string]int{}, map[string]int{}
	for _, b := range pages {
		out := apply(t, tr, b)
		for _, x := range out.Bad {
			bad[x.Field+":"+x.Code]++
		}
		for _, r := range out.Rows {
			rows += len(r.Record)
			for _, c := range columns {
				if values[c] == nil {
					values[c] = map[string]int{}
				}
				for i := range len(r.Record) {
					values[c][show(r.Batch, i, c)]++
				}
			}
		}
	}
	return rows, values, bad
}

func TestRealPingshan(t *testing.T) {
	rows, values, bad := tally(t, "cn-pingshan-events/events_2018-02_2018-10.gb18030.csv", `
key: [REC_ID]
maps:
  - entity: service_request
    fields:
      request_no: REC_ID
      requested: CREATE_TIME
      community: {from: COMMUNITY_NAME, "null": ["-"], codes: {碧玲社区: 碧岭社区}}
      agency: {from: DISPOSE_UNIT_NAME, do: [strip_brackets]}
      place_name: {from: OCCUR_PLACE, "null": ["-"]}
      on_time: {from: ACHIEVE_NAME, codes: {按期办结: "true", 逾期办结: "false"}, else: quarantine}
`, Site{}, "on_time", "community", "requested_at", "place_name")
	if rows != 6952 || values["on_time"]["true"] != 6238 || values["on_time"]["false"] != 714 || values["community"]["~"] != 7 || len(bad) != 0 {
		t.Errorf("%d rows, %v, %d without community, bad %v", rows, values["on_time"], values["community"]["~"], bad)
	}
	if values["requested_at"]["~"] != rows || values["place_name"]["~"] != rows || values["community"]["碧玲社区"] != 0 {
		t.Error("days have a clock time, - is a place, or 碧玲 is a community")
	}
}

func TestRealEnterprises(t *testing.T) {
	rows, values, bad := tally(t, "cn-enterprises/shanghai_2004.csv", `
key: [统一社会信用代码]
maps:
  - entity: organisation
    fields:
      name: 企业名称
      credit_code: 统一社会信用代码
      registered_on: 注册日期
      capital: {from: 注册资金, do: [money], "null": [N/A]}
      capital_currency: {from: 注册资金, do: [currency], "null": [N/A]}
      business_address: 注册地址
`, Site{}, "credit_code_valid", "capital_currency", "capital")
	t.Logf("%d rows, valid %v, currencies %v, bad %v", rows, values["credit_code_valid"], values["capital_currency"], bad)
	if rows < 10900 || float64(values["credit_code_valid"]["true"]) < 0.99*float64(rows) {
		t.Errorf("%d rows, %v", rows, values["credit_code_valid"])
	}
	if values["capital_currency"]["USD"] < 250 || values["capital"]["50"] == 0 {
		t.Errorf("currencies %v", values["capital_currency"])
	}
}

func TestRealNewYork(t *testing.T) {
	rows, values, bad := tally(t, "nyc-311-snapshots/snapshot_2026-08-03.csv.gz", `
key: [unique_key]
maps:
  - entity: service_request
    fields: {request_no: unique_key, status: status, requested: {from: created_date, zone: America/New_York}, closed: {from: closed_date, zone: America/New_York}, point: {lat: latitude, long: longitude}}
`, Site{Bounds: &geo.Box{South: 40.4, West: -74.3, North: 41, East: -73.6}}, "place_state", "requested_at", "status")
	if rows != 11073 || values["requested_at"]["~"] != 0 || values["place_state"]["suspect"] != 0 || values["place_state"]["ok"] < 10000 || len(bad) != 0 {
		t.Errorf("%d rows, places %v, bad %v", rows, values["place_state"], bad)
	}
}

func TestRealBeijing(t *testing.T) {
	rows, values, bad := tally(t, "beijing-air-quality/PRSA_Data_Aotizhongxin_20130301-20170228.csv", `
key: [No]
maps:
  - entity: observation
    fields:
      station: station
      observed: {parts: {year: year, month: month, day: day, hour: hour}}
      metric: {const: PM2.5}
      value: {from: PM2.5, "null": [NA]}
`, Site{}, "value", "observed_at")
	if rows != 35064 || values["value"]["~"] != 925 || len(values["observed_at"]) != 35064 || len(bad) != 0 {
		t.Errorf("%d rows, %d NA, %d hours, bad %v", rows, values["value"]["~"], len(values["observed_at"]), bad)
	}
	if values["observed_at"]["2013-02-28T16:00:00Z"] != 1 {
		t.Error("the first hour is not the first hour of 2013-03-01 in Beijing")
	}
}

func TestRealSeattle(t *testing.T) {
	rows, values, bad := tally(t, "buildings/seattle_buildings_2015.csv", `
key: [OSEBuildingID]
maps:
  - entity: building
    fields:
      building_no: OSEBuildingID
      name: PropertyName
      address: {from: Location, do: [{python_dict: human_address}, {json: address}]}
      built_year: YearBuilt
      floors: NumberofFloors
      floor_area: {from: PropertyGFATotal, unit: square_foot}
      point: {lat: {from: Location, do: [{python_dict: latitude}]}, long: {from: Location, do: [{python_dict: longitude}]}}
`, Site{Bounds: &geo.Box{South: 47.4, West: -122.5, North: 47.8, East: -122.2}}, "place_state", "address_mask", "floor_area", "built_year")
	t.Logf("%d rows, %v, bad %v", rows, values["place_state"], bad)
	if rows < 3000 || values["place_state"]["ok"] != rows || values["address_mask"]["* OLIVE WAY"] == 0 || values["floor_area"]["8215.787439"] != 1 || len(bad) != 0 {
		t.Errorf("%d rows, %v, bad %v", rows, values["place_state"], bad)
	}
}
