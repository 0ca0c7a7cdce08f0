// Package privacy decides what is kept of what tells of a person: a keyed
// pseudonym for joining, a masked form for showing, and the value itself only
// sealed with its row. How sealing works is internal/seal's matter; which
// attributes are personal is transform/entity's.
package privacy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/zeebo/xxh3"

	"huiliu/internal/seal"
	"huiliu/transform/entity"
)

// Keeper makes pseudonyms, masks and sealed rows with one site key. It is
// safe for concurrent use.
type Keeper struct {
	box *seal.Box
	// memory holds pseudonyms made lately, each in the one place that its
	// value's hash names; about 4 MB. It is keyed by a hash, so that no clear
	// value stays in it.
	memory [shards]struct {
		sync.Mutex
		made [shardSize]pseudonym
	}
}

const (
	shards    = 16
	shardSize = 4096
)

type pseudonym struct {
	of   xxh3.Uint128
	text [seal.PseudonymSize]byte
}

// NewKeeper returns a keeper of a site's key.
func NewKeeper(box *seal.Box) *Keeper { return &Keeper{box: box} }

// KeyID names the key in use: other keys make other pseudonyms.
func (k *Keeper) KeyID() string { return k.box.KeyID() }

// domains keep the pseudonyms of different kinds of value apart, so that a
// phone number never meets an identity number of the same digits.
var domains = map[entity.Tag]string{
	entity.IdentityNumber: "identity", entity.Phone: "phone", entity.PersonName: "name",
	entity.Address: "address", entity.FreeText: "text",
}

// Token returns the pseudonym of a value: 26 letters and digits, equal for
// values of equal normal form (see AppendNormal), empty when nothing is left
// of the value.
func (k *Keeper) Token(tag entity.Tag, text string) string {
	return string(k.appendToken(nil, tag, AppendNormal(nil, tag, []byte(text))))
}

// AppendToken appends what Token returns; scratch is memory to work in and is
// returned, perhaps grown.
func (k *Keeper) AppendToken(dst, scratch []byte, tag entity.Tag, text []byte) (out, grown []byte) {
	scratch = AppendNormal(scratch[:0], tag, text)
	return k.appendToken(dst, tag, scratch), scratch
}

func (k *Keeper) appendToken(dst []byte, tag entity.Tag, normal []byte) []byte {
	if len(normal) == 0 {
		return dst
	}
	if tag == entity.FreeText { // seldom the same twice
		return k.box.AppendPseudonym(dst, domains[tag], normal)
	}
	sum := xxh3.Hash128Seed(normal, uint64(tag))
	s := &k.memory[sum.Lo%shards]
	s.Lock()
	defer s.Unlock()
	p := &s.made[sum.Hi%shardSize]
	if p.of != sum {
		k.box.AppendPseudonym(p.text[:0], domains[tag], normal)
		p.of = sum
	}
	return append(dst, p.text[:]...)
}

// Keyed returns what makes a hash of a value one that only the site's key can
// make: for blocking keys and frequencies, which are stored beside rows. Hashes
// of one domain are equal where the values are.
func (k *Keeper) Keyed(domain string) func(hash uint64) uint64 {
	return func(hash uint64) uint64 { return k.box.Sum(domain, hash) }
}

// Sealed is one value of a sealed row.
type Sealed struct{ Name, Value string }

// rowLayout is the first byte of a row before it is sealed; then each name
// and value with its length before it.
const rowLayout = 1

// ErrRow says that an opened row is not laid out as one.
var ErrRow = errors.New("sealed row has another layout")

func rowContext(id string) string { return "row " + id }

// SealRow seals the values of one row in the given order. The row's id is
// bound to them: a blob moved to another row does not open.
func (k *Keeper) SealRow(id string, fields []Sealed) []byte {
	plain := []byte{rowLayout}
	for _, f := range fields {
		plain = binary.AppendUvarint(plain, uint64(len(f.Name)))
		plain = append(plain, f.Name...)
		plain = binary.AppendUvarint(plain, uint64(len(f.Value)))
		plain = append(plain, f.Value...)
	}
	return k.box.Seal(nil, plain, rowContext(id))
}

// RowSealer seals rows one after another in memory of its own; it is not safe
// for concurrent use.
type RowSealer struct {
	box   *seal.Box
	plain []byte
}

// Rows returns a sealer of rows.
func (k *Keeper) Rows() *RowSealer { return &RowSealer{box: k.box} }

// Begin starts the next row.
func (s *RowSealer) Begin() { s.plain = append(s.plain[:0], rowLayout) }

// Add puts one value into the row.
func (s *RowSealer) Add(name string, value []byte) {
	s.plain = binary.AppendUvarint(s.plain, uint64(len(name)))
	s.plain = append(s.plain, name...)
	s.plain = binary.AppendUvarint(s.plain, uint64(len(value)))
	s.plain = append(s.plain, value...)
}

// Append appends the sealed row to dst; a row to which nothing was added
// appends nothing.
func (s *RowSealer) Append(dst []byte, id string) []byte {
	if len(s.plain) <= 1 {
		return dst
	}
	return s.box.Seal(dst, s.plain, rowContext(id))
}

// OpenRow opens what SealRow sealed for the same id. It fails with
// seal.ErrForeignKey, seal.ErrDamaged or ErrRow.
func (k *Keeper) OpenRow(id string, blob []byte) ([]Sealed, error) {
	plain, err := k.box.Open(nil, blob, rowContext(id))
	if err != nil {
		return nil, fmt.Errorf("open row: %w", err)
	}
	return parseRow(plain)
}

func parseRow(plain []byte) ([]Sealed, error) {
	if len(plain) == 0 || plain[0] != rowLayout {
		return nil, ErrRow
	}
	var out []Sealed
	for rest := plain[1:]; len(rest) > 0; {
		var f Sealed
		var ok bool
		if f.Name, rest, ok = cutText(rest); !ok {
			return nil, ErrRow
		}
		if f.Value, rest, ok = cutText(rest); !ok {
			return nil, ErrRow
		}
		out = append(out, f)
	}
	return out, nil
}

func cutText(b []byte) (text string, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return "", nil, false
	}
	end := size + int(n)
	return string(b[size:end]), b[end:], true
}
