package normalise

import (
	"fmt"
	"strings"
	"testing"

	"huiliu/ingest/page"
	"huiliu/ingest/source"
)

func contractOf(t *testing.T, text string) *Contract {
	t.Helper()
	d := definition(t, "key: [no]\n"+text)
	return CompileContract(&d.Tables[0])
}

func TestContract(t *testing.T) {
	const page1 = "no|n|d|new\n1|5|2018-09-01|~\n2|x|soon|7\n3|~|2018-09-02|~"
	for _, c := range []struct {
		name, contract     string
		rows, cells, drift string
		freeze             string
	}{
		{"nothing promised", "", "", "", "", ""},
		{"all kept", "contract: {fields: {no: int, n: text, d: text, new: int}}", "", "", "", ""},
		{"a new column evolves", "contract: {fields: {no: int, n: text, d: text}}", "", "", "new@2 evolve {new: int}", ""},
		{"a new column freezes", "contract: {columns: freeze, fields: {no: int, n: text, d: text}}", "", "", "new@2 freeze {new: int}", "new"},
		{"a new column's rows go", "contract: {columns: discard_row, fields: {no: int, n: text, d: text}}", "1:contract_column", "", "new@2 discard_row {new: int}", ""},
		{"a new column's values go", "contract: {columns: discard_value, fields: {no: int, n: text, d: text}}", "", "1new:contract_column", "new@2 discard_value {new: int}", ""},
		{"values of other types go", "contract: {fields: {no: int, n: int, d: date, new: text}}", "", "1n:contract_type 1d:contract_type", "n@2 discard_value {n: text} d@2 discard_value {d: text}", ""},
		{"their rows go, with their cells", "contract: {fields: {no: int, n: {type: int, on_type: discard_row}, d: date, new: text}}", "1:contract_type", "", "n@2 discard_row {n: text} d@2 discard_value {d: text}", ""},
		{"types evolve", "contract: {types: evolve, fields: {no: int, n: int, d: text, new: text}}", "", "", "n@2 evolve {n: text}", ""},
		{"types freeze", "contract: {types: freeze, fields: {no: int, n: int, d: date, new: text}}", "", "", "n@2 freeze {n: text}", "n"},
		{"no value where one must be", "contract: {fields: {no: int, n: {type: text, not_null: true}, d: text, new: text}}", "2:contract_null", "", "n@3 discard_value {n: {type: text, not_null: false}}", ""},
		{"a missing column", "contract: {fields: {no: int, n: text, d: text, new: text, gone: text}}", "", "", "", ""},
		{"a missing required column", "contract: {columns: evolve, fields: {no: int, gone: {type: int, required: true}}}", "", "", "gone@1 freeze {gone: {type: int, required: false}}", "gone"},
		{"a text that maps take for none", "contract: {fields: {no: int, n: int, d: text, new: text}}\nmaps:\n  - entity: building\n    fields: {floors: {from: n, \"null\": [x]}}", "", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := contractOf(t, c.contract).Check(sheet(t, page1))
			var rows, cells, drift []string
			for _, b := range v.Rows {
				rows = append(rows, fmt.Sprint(b.Record, ":", b.Code))
			}
			for _, b := range v.Cells {
				cells = append(cells, fmt.Sprint(b.Record)+b.Field+":"+b.Code)
			}
			for _, d := range v.Drift {
				_, edit, _ := strings.Cut(d.Edit, "fields: ")
				drift = append(drift, fmt.Sprintf("%s@%d %s %s", d.Field, d.Place.Row, d.Mode, edit))
			}
			for what, pair := range map[string][2]string{"rows": {strings.ReplaceAll(strings.Join(rows, " "), " :", ":"), c.rows}, "cells": {strings.Join(cells, " "), c.cells}, "drift": {strings.Join(drift, " "), c.drift}} {
				if pair[0] != pair[1] {
					t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
				}
			}
			if (v.Freeze != nil) != (c.freeze != "") || v.Freeze != nil && (!ContractBroken.Is(v.Freeze) || !strings.Contains(v.Freeze.Error(), c.freeze)) {
				t.Errorf("freeze: %v", v.Freeze)
			}
		})
	}
}

func TestContractOfKinds(t *testing.T) {
	b := page.NewBuilder()
	b.Int(b.Column("i", page.Int), 1)
	b.Float(b.Column("f", page.Float), 1.5)
	b.Date(b.Column("d", page.Date), 1)
	b.Instant(b.Column("t", page.Instant), 1)
	b.JSON(b.Column("j", page.JSON), []byte(`{"a":1}`))
	b.End(page.Upsert, 1, -1)
	p := finish(t, b)
	if v := contractOf(t, "contract: {types: freeze, fields: {i: number, f: number, d: date, t: time, j: json}}").Check(p); v.Freeze != nil || len(v.Drift) > 0 {
		t.Errorf("kinds of their own types: %+v", v)
	}
	v := contractOf(t, "contract: {fields: {i: bool, f: int, d: number, t: int, j: int}}").Check(p)
	if len(v.Cells) != 4 {
		t.Errorf("%d cells of other types, want 4 (1 reads as true)", len(v.Cells))
	}
	if v.Drift[0].Mode != source.DiscardValue {
		t.Errorf("mode %s", v.Drift[0].Mode)
	}
}

// Pages that delete may bring keys alone.
func TestContractOfDeletions(t *testing.T) {
	b := page.NewBuilder()
	b.Int(b.Column("no", page.Int), 1)
	b.End(page.Delete, 1, -1)
	v := contractOf(t, "contract: {fields: {no: int, n: {type: int, required: true, not_null: true}}}").Check(finish(t, b))
	if v.Freeze != nil || len(v.Rows) > 0 {
		t.Errorf("%+v", v)
	}
}
