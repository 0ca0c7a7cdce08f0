package golden

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"huiliu/internal/fault"
)

// WrongRow is raised for a row that does not say which it is and whose.
var WrongRow = &fault.Kind{
	Code: "golden_wrong_row", Class: fault.Input,
	Cause: fault.Text{EN: "a row of {entity} has no id or no source", ZH: "{entity} 有一行缺少行标识或来源"},
	Mend:  fault.Text{EN: "give every row its id and its source", ZH: "请为每一行补上行标识和来源"},
}

// Value is what a row says of one attribute: Text as it is stored, or of a
// personal attribute pseudonym and mask. A personal value's Text is not read.
type Value struct {
	Text, Token, Mask string
	// Unsound says that the value failed its check, such as an identity
	// number's check digit: it comes after every value that did not.
	Unsound bool
}

// Row is one row of one entity.
type Row struct {
	ID, Source string
	// Day is when the source said so, zero where that is unknown. Hours are
	// not looked at.
	Day    time.Time
	Values map[string]Value
}

// Said is what one source says: Shown is the value, of a personal attribute
// its mask.
type Said struct {
	Shown, Source, Row string
	// Day is zero where it is unknown.
	Day time.Time
}

// Reason says by which rule one value won over another.
type Reason string

// The reasons.
const (
	// Alone is a value that no other source contradicts or confirms.
	Alone Reason = "alone"
	// Agreed is a value that all sources with a value give.
	Agreed Reason = "agreed"
	// Sound is a value that did not fail its check, the other one did.
	Sound Reason = "sound"
	// Fresh is a value within its time, the other one past it.
	Fresh Reason = "fresh"
	// Order is a value of a source that stands before the other in the order.
	Order Reason = "order"
	// Later is the later of two whose sources the order does not name.
	Later Reason = "later"
	// Tie is decided by the ids of the sources, to be decided at all.
	Tie Reason = "tie"
)

// Winner is the golden value of an attribute.
type Winner struct {
	Attribute string
	Said
	// Token is the pseudonym of a personal value.
	Token string
	// Stale says that no value was within its time, not even this one;
	// Unsound that none passed its check.
	Stale, Unsound bool
	// Agree and Differ are the other sources, in the order of their ids; none
	// where the rules do not compare them.
	Agree, Differ []string
	Reason        Reason
	// Why says it in Chinese.
	Why string
}

// Disagreement is one source that says something else than the winner.
type Disagreement struct {
	Entity, Attribute string
	// Key names this disagreement: 16 hexadecimal digits of a digest over the
	// entity, the attribute, both sources and what they say. It stays when
	// other rows of theirs say the same, or when the other one wins.
	Key           string
	Winner, Other Said
	// Since is the first day on which both said so, zero where one of both is
	// not dated.
	Since  time.Time
	Reason Reason
	// Why says in Chinese which one won and why.
	Why string
}

// Comparison is one attribute of the entity of which two sources speak, A
// before B in the order of their ids.
type Comparison struct {
	Attribute, A, B string
	Same            bool
}

// Result is what the rows of one entity come to, by attribute in the order of
// names, then by source.
type Result struct {
	Winners       []Winner
	Disagreements []Disagreement
	// Compared are all pairs of sources that speak, whoever won.
	Compared []Comparison
	// Unsettled are attributes of which only sources speak that can't win.
	Unsettled []string
	// Ahead counts rows dated after the day asked for. They are not looked at:
	// on that day nobody knew them.
	Ahead int
}

// candidate is one row's value of one attribute.
type candidate struct {
	row    *Row
	value  Value
	key    string
	source int
	stale  bool
}

func (c candidate) unsound() bool { return c.value.Unsound }

// Resolve finds the golden values of one entity as they stood on a day. A
// source speaks by its latest row; that it said something else before, or in
// another row of that day, is no disagreement of departments. The order of
// rows changes nothing. Each attribute costs n log n of n rows.
func (r *Rules) Resolve(id string, rows []Row, asOf time.Time) (Result, error) {
	var out Result
	asOf = day(asOf)
	known := make([]Row, 0, len(rows))
	for _, row := range rows {
		if row.ID == "" || row.Source == "" {
			return Result{}, WrongRow.At(id, "entity", r.Type.Name)
		}
		if row.Day = day(row.Day); row.Day.After(asOf) {
			out.Ahead++
			continue
		}
		known = append(known, row)
	}
	for i := range r.attributes {
		r.attribute(&r.attributes[i], id, known, asOf, &out)
	}
	return out, nil
}

// day is a moment's calendar day at UTC midnight, zero for zero.
func day(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (r *Rules) attribute(one *rule, id string, rows []Row, asOf time.Time, out *Result) {
	all := one.candidates(rows, asOf)
	if len(all) == 0 {
		return
	}
	sides := bySource(all)
	best := sides[0]
	if !one.apart {
		out.Compared = append(out.Compared, one.compared(sides)...)
	}
	if one.never && best.now.source == len(one.order) {
		out.Unsettled = append(out.Unsettled, one.of.Name)
		return
	}
	w := Winner{Attribute: one.of.Name, Said: one.said(best.now), Token: best.now.value.Token, Stale: best.now.stale, Unsound: best.now.unsound()}
	var against []Disagreement
	for _, other := range sides[1:] {
		if one.apart {
			break
		}
		if one.same(best.now.key, other.now.key) {
			w.Agree = append(w.Agree, other.now.row.Source)
			continue
		}
		w.Differ = append(w.Differ, other.now.row.Source)
		d := Disagreement{Entity: id, Attribute: one.of.Name, Key: one.name(id, best.now, other.now), Winner: w.Said, Other: one.said(other.now), Since: since(one, best, other)}
		d.Reason = one.reason(best.now, other.now)
		d.Why = r.why(one, d.Reason, best.now, other.now)
		against = append(against, d)
	}
	r.explain(one, &w, sides)
	slices.Sort(w.Agree)
	slices.Sort(w.Differ)
	slices.SortFunc(against, func(a, b Disagreement) int { return cmp.Compare(a.Other.Source, b.Other.Source) })
	out.Winners, out.Disagreements = append(out.Winners, w), append(out.Disagreements, against...)
}

// name is the key of a disagreement, the same from both sides.
func (one *rule) name(id string, a, b candidate) string {
	if a.row.Source > b.row.Source {
		a, b = b, a
	}
	h := sha256.New()
	for _, s := range []string{id, one.of.Name, a.row.Source, a.key, b.row.Source, b.key} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// compared are all pairs of sides, in the order of their sources.
func (one *rule) compared(sides []side) []Comparison {
	sorted := slices.SortedFunc(slices.Values(sides), func(a, b side) int { return cmp.Compare(a.now.row.Source, b.now.row.Source) })
	var out []Comparison
	for i, a := range sorted {
		for _, b := range sorted[i+1:] {
			out = append(out, Comparison{Attribute: one.of.Name, A: a.now.row.Source, B: b.now.row.Source, Same: one.same(a.now.key, b.now.key)})
		}
	}
	return out
}

// candidates are the rows' values, the best first. What ranks them is a total
// order (soundness, freshness, place in the order, day, and ids to be sure of one), so a
// row that ranks below the best never changes which is best.
func (one *rule) candidates(rows []Row, asOf time.Time) []candidate {
	var all []candidate
	for i := range rows {
		row := &rows[i]
		v := one.readable(row.Values[one.of.Name])
		key := one.key(v)
		if key == "" {
			continue
		}
		// A value without a day can't be shown to be within its time.
		stale := one.freshDays > 0 && (row.Day.IsZero() || asOf.Sub(row.Day) > time.Duration(one.freshDays)*24*time.Hour)
		all = append(all, candidate{row: row, value: v, key: key, source: one.place(row.Source), stale: stale})
	}
	slices.SortFunc(all, func(a, b candidate) int { return one.compare(a, b) })
	return all
}

func (one *rule) compare(a, b candidate) int {
	// A source that can't win comes after all that can, fresh or not.
	if one.never && (a.source == len(one.order)) != (b.source == len(one.order)) {
		return cmp.Compare(a.source, b.source)
	}
	return cmp.Or(falseFirst(a.unsound(), b.unsound()), falseFirst(a.stale, b.stale), cmp.Compare(a.source, b.source), b.row.Day.Compare(a.row.Day), cmp.Compare(a.row.Source, b.row.Source),
		// Of one source's rows of one day the last id speaks, for every
		// attribute: a value of each would be a row that nobody wrote.
		cmp.Compare(b.row.ID, a.row.ID), cmp.Compare(a.key, b.key),
		cmp.Compare(a.value.Text, b.value.Text), cmp.Compare(a.value.Mask, b.value.Mask))
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (one *rule) said(c candidate) Said {
	return Said{Shown: one.shown(c.value), Source: c.row.Source, Row: c.row.ID, Day: c.row.Day}
}

// side is one source: what it says now, and all it said, latest first.
type side struct {
	now  candidate
	said []candidate
}

// bySource groups candidates; sources come in the order of their best.
func bySource(all []candidate) []side {
	at := map[string]int{}
	var out []side
	for _, c := range all {
		i, ok := at[c.row.Source]
		if !ok {
			i = len(out)
			at[c.row.Source] = i
			out = append(out, side{now: c})
		}
		out[i].said = append(out[i].said, c)
	}
	return out
}

// since is the first day on which both sides said what they say now.
func since(one *rule, a, b side) time.Time {
	first, second := a.since(one), b.since(one)
	switch {
	case first.IsZero() || second.IsZero():
		return time.Time{}
	case first.After(second):
		return first
	}
	return second
}

// since goes back through what a source said until it said something else.
// Candidates of one source stand latest first, undated ones last.
func (s side) since(one *rule) time.Time {
	out := s.now.row.Day
	for _, c := range s.said {
		if c.row.Day.IsZero() || !one.same(s.now.key, c.key) {
			break
		}
		out = c.row.Day
	}
	return out
}
