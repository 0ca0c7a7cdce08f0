package linkage

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"huiliu/transform/link"
	"huiliu/transform/link/block"
)

// Names of the kinds that are not linked by likeness of fields.
const (
	kindPlace = "place"
	kindIssue = "issue"
)

// kind is one sort of thing that rows of several departments may be.
type kind struct {
	// name is the entity's type in core.link; prefix begins its ids.
	name, prefix string
	// label is what an official calls it.
	label   string
	sources []source
	// fields are what a row says of itself, in order.
	fields []string
	// columns are what a source gives, in order; derive makes the values of
	// the specification's fields of them.
	columns []string
	derive  func(get func(column string) string) map[string]string
	// labels are the fields in words.
	labels map[string]string

	// also and join are what else a row's stamp is of, as SQL: what another
	// kind found of it. %s is the row's table.
	also, join string

	// reading is added to derivation: it changes when the kind reads other
	// nodes or keys of the same rows.
	reading string
	// spec is nil for a kind that is not linked by likeness.
	spec  *link.Spec
	rules []block.Rule
	// version changes with anything that makes other nodes or keys.
	version string
}

// source is one entity's table as a kind reads it.
type source struct {
	table string
	// has is true of rows that say anything of the kind.
	has string
	// plain are SQL expressions by column, sealed are attributes by column.
	plain, sealed map[string]string
}

//go:embed kinds/*.yaml
var specifications embed.FS

// kinds are what is linked, in the order in which one may use another.
func kinds(site Site, key string) ([]*kind, error) {
	reader, err := newReader(site)
	if err != nil {
		return nil, err
	}
	list := []*kind{placeKind(reader), personKind(reader), organisationKind(site.Region), issueKind()}
	for _, k := range list {
		if err := k.read(strings.Join(append(slices.Clone(site.Region), site.Town, key), "\x00")); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// derivation changes when derive makes other values of the same rows.
const derivation = "1"

// read reads the kind's specification. Keys are kept beside rows one by one,
// so no rule may need the other rows.
func (k *kind) read(site string) error {
	k.version = fmt.Sprintf("%016x", xxh3.HashString(derivation+k.reading+"\x00"+site))
	if len(k.fields) > 0 {
		return nil
	}
	file := "kinds/" + k.name + ".yaml"
	text, err := specifications.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read specification: %w", err)
	}
	if k.spec, err = link.ParseSpec(file, text); err != nil {
		return err
	}
	for _, t := range k.spec.Block.Rules {
		r, err := block.Parse(t)
		if err != nil {
			return err
		}
		if r.Window > 0 || strings.Contains(t, "rare(") {
			return link.WrongSpec.At(file, "what", t+" needs all rows at once", "what_zh", t+" 需要全部行", "mend", "use another rule", "mend_zh", "请改用其他规则")
		}
		k.rules = append(k.rules, r)
	}
	for name := range k.spec.Fields {
		k.fields = append(k.fields, name)
	}
	slices.Sort(k.fields)
	k.version = fmt.Sprintf("%016x", xxh3.HashString(string(text)+"\x00"+derivation+k.reading+"\x00"+site))
	return nil
}

// live is the SQL of the rows there are: id and stamp. A row's stamp changes
// whenever the loader writes it anew or another transform made it, when another
// kind finds otherwise, and when communities are told otherwise.
func (k *kind) live() string {
	var parts []string
	for _, s := range k.sources {
		parts = append(parts, fmt.Sprintf("SELECT id, _key, _page, _row FROM store.load.%s t WHERE _deleted IS NULL AND (%s)", s.table, s.has))
	}
	return "SELECT x.id, hash(x._page, x._row, r.transform, (SELECT bit_xor(hash(spelling, code, name)) FROM link_area)" + k.also + ") AS stamp FROM (" + strings.Join(parts, " UNION ALL ") + ") x JOIN store.load.record r ON r._key = x._key" + k.joined("x")
}

// text is the SQL of the rows whose ids stand in the table wanted: their id,
// what is sealed, which source they are of, and the plain columns.
func (k *kind) text(wanted string) string {
	var parts []string
	for i, s := range k.sources {
		list := []string{"t.id", "t._sealed", fmt.Sprint(i)}
		for _, c := range k.columns {
			e, ok := s.plain[c]
			if !ok {
				e = "NULL"
			}
			list = append(list, "("+e+")::VARCHAR")
		}
		parts = append(parts, fmt.Sprintf("SELECT %s FROM %s w JOIN store.load.%s t ON t.id = w.id LEFT JOIN link_area a ON a.spelling = coalesce(t.community_code, t.community)%s", strings.Join(list, ", "), wanted, s.table, k.joined("t")))
	}
	return strings.Join(parts, " UNION ALL ")
}

// joined is the join of a kind for the table of an alias.
func (k *kind) joined(alias string) string { return strings.ReplaceAll(k.join, "%s", alias) }
