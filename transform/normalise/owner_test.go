package normalise

import (
	"strings"
	"testing"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
)

const ledgers = `id: dept
connector: files
tables:
  - name: ledger
    change: upsert
    key: [no]
    maps:
      - entity: rectification
        fields: {rectification_no: no}
  - name: step
    change: append
    key: [no, nth]
    maps:
      - entity: rectification
        of: {table: ledger, key: [no]}
        events:
          opened: {from: at, when: [{field: what, is: [发现]}]}
          closed: {from: at, when: [{field: what, is: [销号]}]}
`

func parse(t *testing.T, text string) *source.Definition {
	t.Helper()
	s, err := conf.Parse("source.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := source.Parse(s, []byte(text), conf.Section{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Events of another table's rows carry the ids that those rows have.
func TestEventsOfAnotherTable(t *testing.T) {
	d := parse(t, ledgers)
	made := func(table, page string) *Output {
		tr, err := Compile(d, d.Table(table), testSite, testKeeper(t))
		if err != nil {
			t.Fatal(err)
		}
		return apply(t, tr, sheet(t, page))
	}
	id := show(made("ledger", "no\na1").Rows[0].Batch, 0, "id")
	out := made("step", "no|nth|at|what\na1|1|2025-01-02 08:00|发现\na1|2|2025-01-03|销号\na1|3|2025-01-03|反馈")
	if len(out.Rows) != 0 || out.Events.NumRows() != 2 || out.Records[2].Fate != Load {
		t.Fatalf("%d kinds of rows, %d events", len(out.Rows), out.Events.NumRows())
	}
	if got := show(out.Events, 0, "id"); got != id {
		t.Errorf("the event is of %s, the ledger's row is %s", got, id)
	}
	d = parse(t, strings.Replace(ledgers, "table: ledger", "table: gone", 1))
	if _, err := Compile(d, d.Table("step"), testSite, testKeeper(t)); err == nil {
		t.Error("events of a table that is not there")
	}
}

func TestOrigin(t *testing.T) {
	tr, _ := compile(t, "key: [no]\nmaps:\n  - entity: project\n    fields: {period: {from: $origin, do: [{before: .csv}]}}\n")
	expect(t, apply(t, tr, sheet(t, "no\n1")).Rows[0].Batch, 0, map[string]string{"period": "a"})
}

func TestEarlyExcelDays(t *testing.T) {
	tr, _ := compile(t, "key: [no]\nmaps:\n  - entity: benefit\n    fields: {birth_date: {from: d, format: [auto, excel_day]}}\n")
	expect(t, apply(t, tr, sheet(t, "no|d\n1|15282")).Rows[0].Batch, 0, map[string]string{"birth_date": "1941-11-02"})
}
