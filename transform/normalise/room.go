package normalise

import (
	"time"

	"huiliu/ingest/page"
	"huiliu/internal/geo"
	"huiliu/transform/privacy"
)

// room is what one Apply works in. It is used again by the next, so that the
// memory of zones and cells lasts.
type room struct {
	t      *Transform
	clocks map[*time.Location]*clock
	site   *clock
	// known are the cells of points met before, by their millionths.
	known  [knownCells]knownCell
	sealer *privacy.RowSealer
	// spare are columns that don't leave the room, used again; taken counts
	// those in use.
	spare []*texts
	taken int

	hidden map[string]map[int]bool
	// condemned are the records that a value with on_bad: row took along.
	condemned map[int]bool
	rowBad    []Bad
	cellBad   []Bad
	told      map[toldCell]bool
}

type toldCell struct {
	record int
	field  string
}

func newRoom(t *Transform) *room {
	r := &room{t: t, clocks: map[*time.Location]*clock{}, sealer: t.keeper.Rows()}
	r.site = r.clockOf(t.site.Zone)
	return r
}

// begin clears what belongs to one page.
func (r *room) begin(v *Verdict) {
	r.hidden, r.condemned, r.rowBad = nil, nil, nil
	for i := range v.Cells {
		c := &v.Cells[i]
		if r.hidden == nil {
			r.hidden = map[string]map[int]bool{}
		}
		if r.hidden[c.Field] == nil {
			r.hidden[c.Field] = map[int]bool{}
		}
		r.hidden[c.Field][c.Record] = true
	}
	r.again()
}

// again clears what one pass over the page found.
func (r *room) again() { r.cellBad, r.told, r.taken = nil, nil, 0 }

// own returns an empty column that must not leave the room.
func (r *room) own(n int) *texts {
	if r.taken == len(r.spare) {
		r.spare = append(r.spare, &texts{})
	}
	t := r.spare[r.taken]
	r.taken++
	t.reset(n)
	return t
}

func (r *room) clockOf(zone *time.Location) *clock {
	if zone == nil {
		zone = r.t.zone
	}
	c := r.clocks[zone]
	if c == nil {
		c = newClock(zone)
		r.clocks[zone] = c
	}
	return c
}

// knownCells is how many cells a room remembers, each in the one place that
// its point names: many rows lie at one place.
const knownCells = 1 << 15

type knownCell struct {
	lat, long int32 // degrees times a million
	cell      uint64
}

func (r *room) cell(lat, long float64) uint64 {
	y, x := int32(geo.Round(lat)*million), int32(geo.Round(long)*million)
	k := &r.known[(uint32(y)*0x9e3779b1^uint32(x)*0x85ebca6b)>>17]
	if k.cell == 0 || k.lat != y || k.long != x {
		*k = knownCell{y, x, geo.Cell(lat, long)}
	}
	return k.cell
}

var outcomeCodes = map[outcome]string{unreadable: codeUnreadable, outside: codeOutside, noCode: codeUnknown}

// refuse puts the cell that a value came from into the quarantine, once, and
// the record with it if the map says so. Outcomes that are no fault pass.
func (r *room) refuse(i int, b *bound, out outcome) {
	code, bad := outcomeCodes[out]
	if !bad || b == nil {
		return
	}
	field, text := b.raw(i)
	why := reasons[code]
	if b.wholeRow {
		if !r.condemned[i] {
			if r.condemned == nil {
				r.condemned = map[int]bool{}
			}
			r.condemned[i] = true
			r.rowBad = append(r.rowBad, Bad{Record: i, Code: code, Cause: "列 " + field + "：" + why.cause, Mend: why.mend})
		}
		return
	}
	if r.told[toldCell{i, field}] {
		return
	}
	if r.told == nil {
		r.told = map[toldCell]bool{}
	}
	r.told[toldCell{i, field}] = true
	r.cellBad = append(r.cellBad, Bad{Record: i, Field: field, Code: code, Cause: why.cause, Mend: why.mend, Value: text})
}

// moment reads record i's time; the clock is the one to read it by.
func (r *room) moment(b *bound, i int) (moment, outcome) {
	if b.parts != nil {
		return b.assemble(i)
	}
	if col := b.native(i); col != nil {
		if m, ok := nativeMoment(col, i); ok {
			if m.day < civilDay(firstYear, 1, 1) || m.day > civilDay(lastYear, 12, 31) {
				return m, outside
			}
			return m, good
		}
	}
	text, out := b.text(i)
	if out != good {
		return moment{}, out
	}
	m, out := parseMoment(text, b.layouts)
	// A column of mixed kinds holds the page's own form of times among texts.
	if out == unreadable && len(text) > 10 && text[10] == 'T' {
		return readAuto(text)
	}
	return m, out
}

func nativeMoment(col *page.Column, i int) (moment, bool) {
	switch col.Kind() {
	case page.Date:
		return moment{day: col.Day(i)}, true
	case page.Instant, page.LocalTime:
		v := col.Int(i)
		day := floorDiv(v, daySeconds*1e6)
		return moment{day: day, micros: v - day*daySeconds*1e6, hasClock: true, zoned: col.Kind() == page.Instant}, true
	}
	return moment{}, false
}

// assemble makes a time of the columns of its parts.
func (b *bound) assemble(i int) (moment, outcome) {
	if b.whens != nil && !met(b.whens, i) {
		return moment{}, absent
	}
	var n [6]int64
	for k := range b.cells {
		b.last = k
		text := b.cells[k].text(i)
		if len(text) == 0 || b.nulls[string(text)] {
			if k < 3 {
				return moment{}, absent
			}
			continue
		}
		var out outcome
		if n[k], out = parseInt(text); out != good {
			return moment{}, out
		}
	}
	for k, most := range []int64{lastYear, 12, 31, 23, 59, 60} {
		b.last = k
		if n[k] > most || n[k] < 0 {
			return moment{}, outside
		}
	}
	b.last = 2
	year, month, day := int(n[0]), int(n[1]), int(n[2])
	if year < firstYear || month < 1 || day < 1 || day > monthDays(year, month) {
		return moment{}, outside
	}
	return moment{day: civilDay(year, month, day), micros: clockMicros(int(n[3]), int(n[4]), int(n[5])), hasClock: b.parts.Hour != ""}, good
}
