package normalise

import (
	"bytes"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"huiliu/ingest/page"
	"huiliu/internal/conf"
	"huiliu/internal/geo"
	"huiliu/transform/entity"
)

// pointValue is where a point's degrees come from: two values, or one text
// that holds both.
type pointValue struct {
	lat, long *value
	text      *value
	// longFirst says that in text the longitude stands first.
	longFirst bool
	datum     geo.Datum
	// nullZero says that 0, 0 stands for an unknown place.
	nullZero bool
}

type pointForm struct {
	Lat      conf.Section `yaml:"lat"`
	Long     conf.Section `yaml:"long"`
	Text     conf.Section `yaml:"text"`
	Pattern  string       `yaml:"pattern"`
	Datum    string       `yaml:"datum"`
	NullZero bool         `yaml:"null_zero"`
}

func (c *compiler) pointOf(s conf.Section) *pointValue {
	form := pointForm{Datum: "wgs84", NullZero: true, Pattern: "(lat, long)"}
	c.faults.add(s.Decode(&form))
	p := &pointValue{nullZero: form.NullZero}
	var ok bool
	if p.datum, ok = geo.ParseDatum(form.Datum); !ok {
		c.faults.wrong(s.Place(), "unknown datum "+form.Datum, "未知坐标系 "+form.Datum, "use "+strings.Join(geo.DatumNames, ", "), "用 "+strings.Join(geo.DatumNames, "、"))
	}
	ends := !form.Lat.Absent() && !form.Long.Absent()
	if ends == !form.Text.Absent() || form.Lat.Absent() != form.Long.Absent() {
		c.faults.wrong(s.Place(), "a point comes from lat and long, or from text", "位置须来自 lat 和 long，或来自 text", "name both columns", "写出两列")
		return p
	}
	if ends {
		p.lat, p.long = c.valueOf(form.Lat, nil), c.valueOf(form.Long, nil)
		return p
	}
	p.text = c.valueOf(form.Text, nil)
	lat, long := strings.Index(form.Pattern, "lat"), strings.Index(form.Pattern, "long")
	if lat < 0 || long < 0 {
		c.faults.wrong(s.Place(), "the pattern must name lat and long", "pattern 须写出 lat 和 long", `write "(lat, long)"`, "写成“(lat, long)”")
	}
	p.longFirst = long < lat
	return p
}

// States of a place.
const (
	placeOK      = "ok"
	placeNone    = "none"
	placeSuspect = "suspect"
)

// pointWriter fills the columns of a Point or Home.
type pointWriter struct {
	room            *room
	from            *pointValue
	lat, long, text *bound
	home            bool
	lats, longs     *doubles
	cells           [3]*longs
	state           *texts
}

func newPointWriter(r *room, a *attribute, b *page.Batch, n int) *pointWriter {
	w := &pointWriter{room: r, from: a.point, home: a.of.Kind == entity.Home, lats: newDoubles(n), longs: newDoubles(n), state: newTexts(n, 4)}
	for i := range w.cells {
		w.cells[i] = newLongs(n)
	}
	if a.point.text != nil {
		w.text = r.bind(a.point.text, b)
	} else {
		w.lat, w.long = r.bind(a.point.lat, b), r.bind(a.point.long, b)
	}
	return w
}

func (w *pointWriter) write(i int) {
	lat, long, out, at := w.read(i)
	if out == good && w.from.nullZero && lat == 0 && long == 0 {
		out = absent
	}
	if out == good && !geo.Possible(lat, long) {
		out = outside
	}
	if out != good {
		w.room.refuse(i, at, out)
		w.lats.null()
		w.longs.null()
		w.noCells(placeNone)
		return
	}
	if w.from.datum != geo.WGS84 {
		lat, long = geo.ToWGS84(w.from.datum, lat, long)
		lat, long = geo.Round(lat), geo.Round(long)
	}
	w.lats.add(lat)
	w.longs.add(long)
	if !w.room.t.site.Bounds.Contains(lat, long) {
		w.noCells(placeSuspect)
		return
	}
	cell := w.room.cell(lat, long)
	w.cells[0].add(int64(geo.Parent(cell, 7)))
	w.cells[1].add(int64(geo.Parent(cell, 8)))
	w.cells[2].add(int64(cell))
	w.state.addString(placeOK)
}

func (w *pointWriter) noCells(state string) {
	for _, c := range w.cells {
		c.null()
	}
	w.state.addString(state)
}

// read returns degrees rounded to six decimals, and which value was at fault.
func (w *pointWriter) read(i int) (lat, long float64, out outcome, at *bound) {
	if w.text != nil {
		lat, long, out = w.pair(i)
		return lat, long, out, w.text
	}
	if lat, out = degrees(w.lat, i); out != good {
		return 0, 0, out, w.lat
	}
	long, out = degrees(w.long, i)
	return lat, long, out, w.long
}

func degrees(b *bound, i int) (float64, outcome) {
	if col := b.native(i); col != nil && col.Kind() == page.Float {
		v := col.Float(i)
		if math.IsNaN(v) {
			return 0, absent
		}
		return geo.Round(v), good
	}
	text, out := b.text(i)
	if out != good {
		return 0, out
	}
	return parseDegrees(text)
}

func parseDegrees(text []byte) (float64, outcome) {
	v, out := parseDecimal(text, scale{})
	return float64(v) / million, out
}

// pair reads two numbers from one text, whatever stands around them.
func (w *pointWriter) pair(i int) (lat, long float64, out outcome) {
	text, out := w.text.text(i)
	if out != good {
		return 0, 0, out
	}
	first, rest := cutNumber(text)
	second, rest := cutNumber(rest)
	if more, _ := cutNumber(rest); first == nil || second == nil || more != nil {
		return 0, 0, unreadable
	}
	lat, out = parseDegrees(first)
	if out != good {
		return 0, 0, out
	}
	if long, out = parseDegrees(second); w.from.longFirst {
		lat, long = long, lat
	}
	return lat, long, out
}

const numberBytes = "+-.0123456789"

func cutNumber(text []byte) (number, rest []byte) {
	at := bytes.IndexAny(text, numberBytes)
	if at < 0 {
		return nil, nil
	}
	end := at
	for end < len(text) && strings.IndexByte(numberBytes, text[end]) >= 0 {
		end++
	}
	return text[at:end], text[end:]
}

func (w *pointWriter) arrays() []arrow.Array {
	var out []arrow.Array
	if !w.home {
		out = append(out, w.lats.array(arrowTypes["DOUBLE"]), w.longs.array(arrowTypes["DOUBLE"]))
	}
	for _, c := range w.cells {
		out = append(out, c.array(arrowTypes["BIGINT"]))
	}
	return append(out, w.state.array(arrowTypes["VARCHAR"]))
}
