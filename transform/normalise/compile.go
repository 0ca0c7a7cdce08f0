package normalise

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"

	"huiliu/ingest/source"
	"huiliu/internal/conf"
	"huiliu/internal/geo"
	"huiliu/transform/entity"
	"huiliu/transform/privacy"
)

// Site is what the transform must know of the sub-district.
type Site struct {
	// Zone is the zone of local days; nil stands for the source's own.
	Zone *time.Location
	// Bounds is where the site's points lie; nil holds every point.
	Bounds *geo.Box
}

// rulesVersion is raised whenever the same map makes other rows than before,
// so that "unchanged" is never said of rows an older program made.
const rulesVersion = 1

// Transform is a table's maps, compiled. It is safe for concurrent use.
type Transform struct {
	prefix  string
	key     []keyPart
	version string
	delete  *source.Mark
	maps    []compiledMap
	// promised are columns that a page may lack, since the contract knows them.
	promised map[string]bool
	zone     *time.Location
	site     Site
	keeper   *privacy.Keeper
	print    uint64
	rooms    sync.Pool
}

// keyPart is one field of the key; a tag other than Plain says that the text
// is personal and its pseudonym stands in the key.
type keyPart struct {
	field string
	tag   entity.Tag
}

type compiledMap struct {
	source *source.Map
	entity *entity.Type
	schema *arrow.Schema
	// owners are the attributes of the schema's columns.
	owners []*entity.Attribute
	suffix string
	// owner is the beginning of the ids of another table's rows, and its key;
	// empty when the map makes rows.
	owner    string
	ownerKey []keyPart
	when     []source.Condition
	// attributes in the entity's order.
	attributes []attribute
	events     []event
}

// attribute is one attribute with its value; a point has ends instead.
type attribute struct {
	of    *entity.Attribute
	value *value
	point *pointValue
}

type event struct {
	name  string
	value *value
}

type compiler struct {
	faults faults
	zone   *time.Location
	// closed says that the contract lists every column there is: fields.
	closed bool
	fields []string
}

// Pseudo-fields of a key: where the record stood.
const (
	originField = "$origin"
	rowField    = "$row"
)

// Compile makes a table's transform. All faults of its maps are joined, each
// with its place and mend.
func Compile(def *source.Definition, table *source.Table, site Site, keeper *privacy.Keeper) (*Transform, error) {
	c := &compiler{zone: def.Zone}
	for _, f := range table.Contract.Fields {
		c.fields = append(c.fields, f.Name)
	}
	c.closed = len(c.fields) > 0 && table.Contract.Columns != source.Evolve
	t := &Transform{
		prefix: def.ID + "." + table.Name + ":", version: table.Version, delete: table.Delete,
		zone: def.Zone, site: site, keeper: keeper, promised: map[string]bool{},
	}
	if t.zone == nil {
		t.zone = time.UTC
	}
	if t.site.Zone == nil {
		t.site.Zone = t.zone
	}
	for _, f := range c.fields {
		t.promised[f] = true
	}
	taken := map[string]bool{}
	for i := range table.Maps {
		m := c.mapOf(&table.Maps[i])
		if m == nil {
			continue
		}
		if of := m.source.Of; of != nil {
			c.owner(m, def, of)
		}
		if id := m.entity.Name + "#" + m.source.Name; taken[id] {
			c.faults.wrong(m.source.Place, "two maps to "+m.entity.Name+" have one name", "到 "+m.entity.Name+" 的两个映射同名", "give each a name of its own", "各取不同的 name")
		} else {
			taken[id] = true
		}
		t.maps = append(t.maps, *m)
	}
	c.keys(t, def, table)
	c.schemas(t)
	if err := c.faults.joined(); err != nil {
		return nil, err
	}
	t.print = fingerprint(def, table, t)
	t.rooms.New = func() any { return newRoom(t) }
	return t, nil
}

// Version is a fingerprint of all that decides the output beside the page:
// the table's maps, contract and key, zones, bounds, the site's key and the
// program's own rules.
func (t *Transform) Version() uint64 { return t.print }

// keys compiles the key and checks the columns that stand outside the maps.
func (c *compiler) keys(t *Transform, def *source.Definition, table *source.Table) {
	place := def.Place + " " + table.Name
	for _, field := range table.Key {
		t.key = append(t.key, keyPart{field: field, tag: personalTag(field, t.maps)})
		if field != originField && field != rowField {
			c.column(field, place+".key")
		}
	}
	if table.Version != "" {
		c.column(table.Version, place+".version")
	}
	if table.Delete != nil {
		c.column(table.Delete.Field, place+".delete")
	}
}

// personalTag returns the tag of the first personal attribute that a field
// feeds, Plain when it feeds none.
func personalTag(field string, maps []compiledMap) entity.Tag {
	for _, m := range maps {
		for _, a := range m.attributes {
			if a.of.Tag != entity.Plain && a.value != nil && slices.Contains(a.value.columns, field) {
				return a.of.Tag
			}
		}
	}
	return entity.Plain
}

func (c *compiler) mapOf(m *source.Map) *compiledMap {
	e := entity.Find(m.Entity)
	if e == nil {
		var names []string
		for _, t := range entity.Types {
			names = append(names, t.Name)
		}
		c.faults.unknown(UnknownEntity, m.Place, m.Entity, names)
		return nil
	}
	out := &compiledMap{source: m, entity: e, when: m.When}
	if m.Name != "" {
		out.suffix = "#" + m.Name
	}
	for _, w := range m.When {
		c.column(w.Field, m.Place+".when")
	}
	out.attributes = c.attributes(m, e)
	for _, a := range m.Events {
		known := slices.ContainsFunc(e.Events, func(x entity.Event) bool { return x.Name == a.Field })
		if !known {
			c.faults.unknown(UnknownAttribute, a.Value.Place(), a.Field, eventNames(e), "entity", "events of "+e.Name)
		}
		out.events = append(out.events, event{a.Field, c.valueOf(a.Value, &entity.Attribute{Name: a.Field, Kind: entity.Instant})})
	}
	return out
}

// owner checks whose rows a map's events belong to.
func (c *compiler) owner(m *compiledMap, def *source.Definition, of *source.Owner) {
	table := def.Table(of.Table)
	if table == nil || len(table.Key) != len(of.Key) {
		c.faults.wrong(m.source.Place+".of", "there is no table "+of.Table+" with a key of so many fields", "没有主键列数相同的表 "+of.Table, "name a table of this source and the fields that hold its key", "写本来源的表，及存放其主键的列")
		return
	}
	m.owner = def.ID + "." + of.Table + ":"
	for _, field := range of.Key {
		m.ownerKey = append(m.ownerKey, keyPart{field: field})
		c.column(field, m.source.Place+".of")
	}
}

func eventNames(e *entity.Type) []string {
	var names []string
	for _, ev := range e.Events {
		names = append(names, ev.Name)
	}
	return names
}

// attributes compiles a map's fields; a field that comes twice, as from each,
// is the last one.
func (c *compiler) attributes(m *source.Map, e *entity.Type) []attribute {
	given := map[string]conf.Section{}
	var names []string
	for _, a := range e.Attributes {
		names = append(names, a.Name)
	}
	for _, f := range m.Fields {
		if !slices.Contains(names, f.Field) {
			c.faults.unknown(UnknownAttribute, f.Value.Place(), f.Field, names, "entity", e.Name)
			continue
		}
		given[f.Field] = f.Value
	}
	var out []attribute
	for i := range e.Attributes {
		of := &e.Attributes[i]
		s, ok := given[of.Name]
		if !ok {
			continue
		}
		if of.Kind == entity.Point || of.Kind == entity.Home {
			out = append(out, attribute{of: of, point: c.pointOf(s)})
			continue
		}
		out = append(out, attribute{of: of, value: c.valueOf(s, of)})
	}
	return out
}

// fingerprint hashes all that decides a transform's output.
func fingerprint(def *source.Definition, table *source.Table, t *Transform) uint64 {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %q %s %s\n", rulesVersion, t.keeper.KeyID(), t.prefix, t.zone, t.site.Zone)
	if t.site.Bounds != nil {
		fmt.Fprintf(&b, "%v\n", *t.site.Bounds)
	}
	fmt.Fprintf(&b, "%q %q %+v\n", table.Key, table.Version, table.Contract)
	if table.Delete != nil {
		fmt.Fprintf(&b, "%+v\n", *table.Delete)
	}
	for _, m := range table.Maps {
		fmt.Fprintf(&b, "%q %q %+v\n", m.Entity, m.Name, m.When)
		if m.Of != nil {
			fmt.Fprintf(&b, "%+v\n", *m.Of)
		}
		for _, list := range [][]source.Assignment{m.Fields, m.Events} {
			for _, a := range list {
				fmt.Fprintf(&b, "%q", a.Field)
				write(&b, a.Value)
			}
			b.WriteByte('\n')
		}
	}
	return xxh3.HashString(b.String())
}

// write writes a section in one form, whatever its layout in the file.
func write(b *strings.Builder, s conf.Section) {
	switch {
	case s.IsList():
		b.WriteByte('[')
		for _, item := range s.Items() {
			write(b, item)
		}
		b.WriteByte(']')
	case s.IsMap():
		b.WriteByte('{')
		for _, k := range s.Keys() {
			fmt.Fprintf(b, "%q", k)
			write(b, s.Get(k))
		}
		b.WriteByte('}')
	default:
		text, _ := s.Scalar() // its faults were found when it was compiled
		fmt.Fprintf(b, "%q ", text)
	}
}
