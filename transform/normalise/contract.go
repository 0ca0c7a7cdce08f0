package normalise

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"huiliu/ingest/page"
	"huiliu/ingest/source"
	"huiliu/internal/fault"
)

// ContractBroken is raised for a page that departs from a contract whose mode
// is freeze, or that lacks a required column.
var ContractBroken = &fault.Kind{
	Code: "contract_broken", Class: fault.Input,
	Cause: fault.Text{EN: "the feed departs from its contract: {field}: {what}", ZH: "来源偏离契约：{field}：{what}"},
	Mend: fault.Text{
		EN: "ask the department, or accept it in source.yaml: {edit}",
		ZH: "请来源部门改正；若接受，在 source.yaml 中修改：{edit}",
	},
}

// Contract is a table's contract, compiled. It is safe for concurrent use.
type Contract struct {
	table  string
	mode   source.Mode
	fields []promise
	known  map[string]bool
}

// promise is one field of a contract.
type promise struct {
	source.Field
	mode source.Mode
	// none are the texts by which the maps know that there is no value.
	none map[string]bool
}

// CompileContract compiles a table's contract. Texts that the table's maps
// take for no value (null: in a map) are none to the contract too.
func CompileContract(t *source.Table) *Contract {
	c := &Contract{table: t.Name, mode: t.Contract.Columns, known: map[string]bool{}}
	if c.mode == "" {
		c.mode = source.Evolve
	}
	none := noneTexts(t)
	for _, f := range t.Contract.Fields {
		p := promise{Field: f, mode: f.OnType, none: none[f.Name]}
		if p.mode == "" {
			p.mode = t.Contract.Types
		}
		if p.mode == "" {
			p.mode = source.DiscardValue
		}
		c.fields = append(c.fields, p)
		c.known[f.Name] = true
	}
	return c
}

// noneTexts gathers by column the texts that maps take for no value.
func noneTexts(t *source.Table) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, m := range t.Maps {
		for _, a := range append(slices.Clone(m.Fields), m.Events...) {
			if !a.Value.IsMap() || a.Value.Get("null").Absent() {
				continue
			}
			var form valueForm
			if a.Value.Decode(&form) != nil {
				continue // Compile reports it
			}
			for _, column := range form.From {
				if out[column] == nil {
					out[column] = map[string]bool{}
				}
				for _, n := range form.Null {
					out[column][strings.TrimSpace(n)] = true
				}
			}
		}
	}
	return out
}

// Check says how a page keeps the contract. A contract without fields
// promises nothing.
func (c *Contract) Check(b *page.Batch) Verdict {
	var v Verdict
	if len(c.fields) == 0 || b.Len() == 0 {
		return v
	}
	check := &checking{Contract: c, batch: b, verdict: &v, gone: map[int]bool{}}
	for i := range c.fields {
		check.field(&c.fields[i])
		if v.Freeze != nil {
			return v
		}
	}
	for at, f := range b.Fields() {
		if !c.known[f.Name] {
			check.stranger(at, f)
		}
		if v.Freeze != nil {
			return v
		}
	}
	// A record that goes as a whole takes its cells along.
	v.Cells = slices.DeleteFunc(v.Cells, func(x Bad) bool { return check.gone[x.Record] })
	return v
}

type checking struct {
	*Contract
	batch   *page.Batch
	verdict *Verdict
	gone    map[int]bool
}

func (c *checking) edit(field, setting string) string {
	return fmt.Sprintf("tables[%s].contract.fields: {%s: %s}", c.table, field, setting)
}

// drift notes a departure; under freeze it ends the check.
func (c *checking) drift(mode source.Mode, record int, field, what, edit string) {
	place := c.batch.Place(record)
	c.verdict.Drift = append(c.verdict.Drift, Drift{Field: field, What: what, Edit: edit, Place: place, Mode: mode})
	if mode == source.Freeze {
		c.verdict.Freeze = ContractBroken.At(place.String(), "field", field, "what", what, "edit", edit)
	}
}

// bad puts a cell or its record aside, as the mode says.
func (c *checking) bad(mode source.Mode, i int, field, code string, text []byte) {
	why := reasons[code]
	switch mode {
	case source.DiscardRow:
		if !c.gone[i] {
			c.gone[i] = true
			c.verdict.Rows = append(c.verdict.Rows, Bad{Record: i, Code: code, Cause: "列 " + field + "：" + why.cause, Mend: why.mend})
		}
	case source.DiscardValue:
		c.verdict.Cells = append(c.verdict.Cells, Bad{Record: i, Field: field, Code: code, Cause: why.cause, Mend: why.mend, Value: bytes.Clone(text)})
	}
}

func (c *checking) field(p *promise) {
	at := c.batch.Find(p.Name)
	if at < 0 {
		c.lacking(p)
		return
	}
	col := cell{name: p.Name, column: c.batch.Column(at)}
	if !p.NotNull && keeps(p.Type, col.column.Kind()) {
		return
	}
	wrongNull, wrongType := -1, -1
	for i := range c.batch.Len() {
		text := col.text(i)
		if len(text) == 0 || p.none[string(text)] {
			if p.NotNull && c.batch.Op(i) != page.Delete {
				// There is no value to leave out, so the record goes.
				mode := p.mode
				if mode == source.DiscardValue {
					mode = source.DiscardRow
				}
				c.bad(mode, i, p.Name, codeNull, nil)
				wrongNull = first(wrongNull, i)
			}
			continue
		}
		if !keeps(p.Type, col.column.Kind()) && !readsAs(p.Type, text) {
			c.bad(p.mode, i, p.Name, codeType, text)
			wrongType = first(wrongType, i)
		}
	}
	if wrongNull >= 0 {
		c.drift(p.mode, wrongNull, p.Name, "no value", c.edit(p.Name, "{type: "+p.Type+", not_null: false}"))
	}
	if wrongType >= 0 {
		c.drift(p.mode, wrongType, p.Name, "a value that is no "+p.Type, c.edit(p.Name, "text"))
	}
}

func first(have, i int) int {
	if have >= 0 {
		return have
	}
	return i
}

// lacking judges a page without a promised column: a required one stops the
// stream, whatever the modes, since every record lacks it. Pages of deletions
// alone may bring nothing but keys.
func (c *checking) lacking(p *promise) {
	if !p.Required {
		return
	}
	for i := range c.batch.Len() {
		if c.batch.Op(i) != page.Delete {
			c.drift(source.Freeze, i, p.Name, "the column is missing", c.edit(p.Name, "{type: "+p.Type+", required: false}"))
			return
		}
	}
}

// stranger judges a column that the contract doesn't know.
func (c *checking) stranger(at int, f page.Field) {
	col := cell{name: f.Name, column: c.batch.Column(at)}
	shown := -1
	for i := range c.batch.Len() {
		text := col.text(i)
		if len(text) == 0 {
			continue
		}
		shown = first(shown, i)
		if c.mode == source.Evolve || c.mode == source.Freeze {
			break
		}
		c.bad(c.mode, i, f.Name, codeColumn, text)
	}
	if shown < 0 {
		return
	}
	c.drift(c.mode, shown, f.Name, "a column that the contract doesn't know", c.edit(f.Name, c.guess(&col, f.Kind)))
}

// kinds are the page's kinds that keep each type of a contract by themselves.
var kinds = map[string][]page.Kind{
	"int": {page.Int}, "number": {page.Int, page.Float}, "bool": {page.Bool},
	"date": {page.Date}, "time": {page.Instant, page.LocalTime, page.Date}, "json": {page.JSON},
}

func keeps(t string, k page.Kind) bool { return t == "text" || slices.Contains(kinds[t], k) }

// readsAs reports whether a text is of a contract's type.
func readsAs(t string, text []byte) bool {
	switch t {
	case "int":
		_, out := parseInt(text)
		return out == good
	case "number":
		_, ok := parseNumber(text)
		return ok
	case "bool":
		_, out := parseBool(text)
		return out == good
	case "date", "time":
		_, out := readAuto(text)
		return out == good
	case "json":
		return json.Valid(text)
	}
	return true
}

// guessed is how many values a type is guessed from.
const guessed = 100

// guess names the narrowest type that the first values keep.
func (c *checking) guess(col *cell, kind page.Kind) string {
	for _, t := range []string{"bool", "int", "number", "date", "time", "json"} {
		if slices.Contains(kinds[t], kind) {
			return t
		}
	}
	for _, t := range []string{"int", "number", "time", "bool"} {
		fits, seen := true, 0
		for i := 0; i < c.batch.Len() && seen < guessed && fits; i++ {
			if text := col.text(i); len(text) > 0 {
				seen++
				fits = readsAs(t, text)
			}
		}
		if fits && seen > 0 {
			return t
		}
	}
	return "text"
}
