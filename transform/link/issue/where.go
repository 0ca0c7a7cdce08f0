package issue

import (
	"cmp"
	"math"
)

// where is the stratum of what two requests have in common of a place. Of
// identifiers the most exact that they share counts, of names the most telling;
// each is told from the case that something more exact is known of both and
// differs (other), and all but the most exact are told by how far the points lie
// apart.
type where uint8

// The kinds of strata, in the order of their numbers.
const (
	apart     where = iota // nothing: two places
	parted                 // identifiers of one level that differ: surely two places
	nearPoint              // nothing but points: one point, or within nearMetres
	_
	sameHouse // identifiers
	sameHouseOther
	sameBuilding
	wide // the first that is told by distance
)

// The kinds that are told by distance, from wide on: numbers of distances
// strata each.
const (
	sameRoadOther = iota
	sameRoad
	sameCompoundOther
	sameCompound
	// One name of a road or village with two characters before its suffix, or
	// with three; one of a compound or house; several names; a name with the
	// number of a house.
	shortStretch // + 1 for other, as all that follow
	_
	longStretch
	_
	shortName
	_
	longName
	_
	severalNames
	_
	houseName
	_
	kinds
)

// How far apart two points are: not known; one point, as a geocoder gives it
// for one address, but for rounding and a change of datum; within a building's
// length; within a compound's; farther.
const (
	distances   = 5
	pointMetres = 3
	nearMetres  = 30
	aboutMetres = 120
)

const strata = int(wide) + kinds*distances

// kind is the kind of a stratum that is told by distance, -1 for others.
func (w where) kind() int {
	if w < wide {
		return -1
	}
	return int(w-wide) / distances
}

// distance is the cell of distance of a stratum, 0 for not known.
func (w where) distance() int {
	if w < wide {
		return 0
	}
	return int(w-wide) % distances
}

// told reports whether near copies are one problem in a stratum whatever the
// model says: where an identifier tells the place, the model knows better.
func (w where) told() bool {
	return w == apart || w == nearPoint || w == nearPoint+1 || w.kind() >= shortStretch
}

// conflict reports whether the two places are surely not one.
func (w where) conflict() bool {
	k := w.kind()
	return w == parted || w == sameHouseOther || k == sameRoadOther || k == sameCompoundOther
}

// common tells the stratum of a pair.
func common(a, b *node) where {
	level, other, told := bySpots(a.spots, b.spots)
	if told && other && level == Unknown {
		return parted
	}
	far := farness(a, b)
	if told && level > Road {
		return spotStratum(level, other, far)
	}
	if told && other {
		return spotStratum(level, other, far)
	}
	if kind, ok := byNames(a.named, b.named); ok {
		return wide + where(kind*distances+far)
	}
	switch {
	case told:
		return spotStratum(level, other, far)
	case far == 1 || far == 2:
		return nearPoint + where(far-1)
	}
	return apart
}

func spotStratum(level Level, other bool, far int) where {
	at := func(kind int) where {
		if other {
			kind--
		}
		return wide + where(kind*distances+far)
	}
	switch level {
	case Building:
		return sameBuilding
	case House:
		if other {
			return sameHouseOther
		}
		return sameHouse
	case Compound:
		return at(sameCompound)
	}
	return at(sameRoad)
}

// bySpots tells the most exact level at which both have one identifier, and
// whether they differ in a more exact one, or in any when they share none;
// told is false when no level is known of both.
func bySpots(a, b []spot) (level Level, other, told bool) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].level > b[j].level:
			i++
		case a[i].level < b[j].level:
			j++
		case a[i].id == b[j].id:
			return a[i].level, other, true
		default:
			other, told = true, true
			i, j = i+1, j+1
		}
	}
	return Unknown, other, told
}

// surelyParted reports whether identifiers say that two places differ, so that
// the stratum is parted whatever names and points say.
func surelyParted(a, b []spot) bool {
	level, other, told := bySpots(a, b)
	return told && other && level == Unknown
}

// byNames tells the kind of what the names of two requests have in common.
func byNames(a, b []name) (kind int, ok bool) {
	shared := sharedNames(a, b)
	if len(shared) == 0 {
		return 0, false
	}
	names, house := 0, false
	for i, x := range shared {
		house = house || x.numbered
		if !endOfOther(shared, i) {
			names++
		}
	}
	switch {
	case house:
		kind = houseName
	case names > 1:
		kind = severalNames
	case shared[0].stretch:
		kind = shortStretch
	default:
		kind = shortName
	}
	if kind < severalNames && len(shared) > 1 {
		kind += longName - shortName
	}
	if otherNumber(a, b, shared) {
		kind++
	}
	return kind, true
}

// endOfOther reports whether a name is the end of a longer one in the list: the
// same place named once.
func endOfOther(names []name, i int) bool {
	for k, other := range names {
		if k != i && !other.numbered && other.tail == names[i].gram {
			return true
		}
	}
	return false
}

// otherNumber reports whether both give a number to one name, and not the same.
func otherNumber(a, b, shared []name) bool {
	for _, x := range a {
		if !x.numbered || hasNumber(shared, x.tail) {
			continue
		}
		if hasNumber(b, x.tail) {
			return true
		}
	}
	return false
}

func hasNumber(names []name, tail uint64) bool {
	for _, n := range names {
		if n.numbered && n.tail == tail {
			return true
		}
	}
	return false
}

// sharedNames are the names that stand in both lists, which are sorted by gram.
func sharedNames(a, b []name) (shared []name) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := cmp.Compare(a[i].gram, b[j].gram); {
		case c < 0:
			i++
		case c > 0:
			j++
		default:
			shared = append(shared, a[i])
			i, j = i+1, j+1
		}
	}
	return shared
}

// farness is the cell of distance of two requests.
func farness(a, b *node) int {
	if !a.located || !b.located {
		return 0
	}
	north, east := metres(int64(a.lat)-int64(b.lat), 0), metres(int64(a.long)-int64(b.long), max(a.lat, b.lat))
	square := north*north + east*east
	for cell, m := range [...]int64{pointMetres, nearMetres, aboutMetres} {
		if square <= m*m*1e6 {
			return cell + 1
		}
	}
	return distances - 1
}

// metres turns millionths of a degree into millimetres, of longitude at a
// latitude: 111,320 m a degree, times the cosine in thousandths of the whole
// degree of latitude. Whole numbers are the same on every machine.
func metres(degrees int64, lat int32) int64 {
	return degrees * 11132 * cosines[min(max(-lat/1e6, lat/1e6), 90)] / 100_000
}

// cosines are in thousandths, by degree.
var cosines = func() (c [91]int64) {
	for degree := range c {
		c[degree] = int64(math.Round(1000 * math.Cos(float64(degree)*math.Pi/180)))
	}
	return c
}()
