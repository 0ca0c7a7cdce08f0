package place

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"huiliu/transform/address"
	"huiliu/transform/address/spell"
)

// Site names the divisions that a site lies in, each in full (云溪街道), empty
// where it is not known: addresses that name another one lie outside.
type Site struct{ City, District, Town string }

func (s *Site) outside(division string) bool {
	own := func(name string) bool { return name == "" || name == division }
	switch last(division, []string{"街道", "镇", "乡", "区", "县", "旗", "市"}) {
	case "街道", "镇", "乡":
		return !own(s.Town)
	case "区", "县", "旗":
		return !own(s.District) && !strings.HasSuffix(division, "开发区")
	case "市":
		return !own(s.City) && division != s.District
	}
	return false
}

// Row is what one row of a department says of where something is. Each may be
// empty.
type Row struct {
	// Address is the clear text, in any spelling, with or without a room.
	Address string
	// Code is the building's number.
	Code string
	// Community is a community's name or alias, with or without 社区.
	Community string
	// Name is the name of a building or compound that stands in a field of its
	// own. It counts where the address names neither road nor compound.
	Name string
}

// Reading is a row taken apart.
type Reading struct {
	Signature Signature
	Inside    Inside
	// Level is how far down the text is understood, with the room.
	Level address.Level
}

// Reader takes rows apart. It remembers what it has read and is for one
// goroutine.
type Reader struct {
	parser *address.Parser
	site   Site
	alone  func(normal string) string
	heads  map[string]head
	texts  map[string]Reading
}

// maxTexts bounds the texts that are remembered.
const maxTexts = 1 << 16

// NewReader makes a reader that takes names apart with a parser. Alone makes a
// pseudonym of the normal spelling of a text that can't be read; where it is
// nil, a hash without a key stands in, which must not leave the memory.
func NewReader(parser *address.Parser, site Site, alone func(normal string) string) *Reader {
	if alone == nil {
		alone = hashed
	}
	site = Site{spell.Normal(site.City), spell.Normal(site.District), spell.Normal(site.Town)}
	return &Reader{parser: parser, site: site, alone: alone, heads: map[string]head{}, texts: map[string]Reading{}}
}

func hashed(text string) string {
	h := fnv.New64a()
	h.Write([]byte(text))
	return strconv.FormatUint(h.Sum64(), 36)
}

// Read gives a row's signature and what it says beside that. Equal rows give
// equal readings, whatever was read before.
func (r *Reader) Read(row Row) Reading {
	out := r.text(row.Address)
	s := &out.Signature
	if s.Road == "" && s.Compound == "" && row.Name != "" {
		if named := r.named(row); named.Signature.Road != "" || named.Signature.Compound != "" {
			named.Signature.Community = firstOf(named.Signature.Community, s.Community)
			named.Signature.Area = s.Area
			out = named
		}
	}
	s.Code = codeOf(row.Code)
	if name := communityOf(row.Community); name != "" {
		s.Community = name
	}
	if s.Code != "" || s.Road != "" || s.Compound != "" || s.Community != "" {
		s.Alone = ""
	}
	if s.Code != "" {
		out.Level = max(out.Level, address.AtBuilding)
	} else if s.Community != "" {
		out.Level = max(out.Level, address.InCommunity)
	}
	return out
}

// named reads the name of a row whose address names nothing, together with a
// house that stands alone in the address: 天目小区 and 3幢.
func (r *Reader) named(row Row) Reading {
	if pieces := cut(spell.Normal(row.Address)); len(pieces) > 0 && pieces[0].name == "" {
		return r.text(row.Name + row.Address)
	}
	return r.text(row.Name)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// codeOf is a building's number in one form. One without two different
// characters is no number: 0, 0000, -.
func codeOf(text string) string {
	text = strings.ToUpper(strings.Trim(spell.Normal(text), "-"))
	if len(text) < 3 || strings.Trim(text, text[:1]) == "" {
		return ""
	}
	return text
}

func communityOf(text string) string {
	name := communityName(spell.Normal(text))
	if slices.Contains(void, name) {
		return ""
	}
	return name
}

func (r *Reader) text(text string) Reading {
	if text == "" {
		return Reading{}
	}
	if out, ok := r.texts[text]; ok {
		return out
	}
	if len(r.texts) >= maxTexts {
		clear(r.texts)
	}
	normal := spell.Normal(text)
	w := walk{reader: r}
	w.all(cut(normal))
	out := w.close(normal)
	r.texts[text] = out
	return out
}

// leastName and mostName bound a compound's name, in characters.
const leastName, mostName = 2, 16

// nameable reports whether a name can be a compound's.
func nameable(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= leastName && n <= mostName && !slices.Contains(void, name)
}
