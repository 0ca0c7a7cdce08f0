package linkage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"

	"huiliu/transform/link"
)

// The made set: persons of whom some have up to four records more, each with
// errors of the kinds that FEBRL's generator makes (Christen 2005), at the
// rates of FEBRL 3.
const (
	madeRecords = 1_000_000
	madeShare   = 0.6 // of the records are originals
	madeSeed    = 20260101
)

var madeFields = []string{"given", "surname", "birth", "suburb", "postcode"}

// million measures a million made records.
func million() Set {
	return Set{Name: "million", Run: func(ctx context.Context, _ string) ([]Figure, error) {
		records, person := makeRecords(madeRecords)
		spec, err := readSpec("million.yaml")
		if err != nil {
			return nil, err
		}
		peak := watchMemory()
		began := time.Now()
		r, err := link.Run(ctx, spec, records, nil)
		seconds := time.Since(began).Seconds()
		most := peak()
		if err != nil {
			return nil, err
		}
		// The ids are line numbers of one width, so rows are lines.
		same := func(a, b uint32) bool { return person[a] == person[b] }
		known := truePairs(person)
		pairs, clusters, blocks := verdict{known: known}, verdict{known: known}, verdict{known: known}
		for _, l := range r.Matches {
			pairs.add(same(l.Pair.Rows()))
		}
		inside(r.Clusters)(func(a, b uint32) { clusters.add(same(a, b)) })
		for _, p := range r.Pairs {
			blocks.add(same(p.Rows()))
		}
		return []Figure{
			{Set: "million", Name: "f1 of pairs", Value: pairs.f1()},
			{Set: "million", Name: "precision", Value: clusters.precision()},
			{Set: "million", Name: "recall", Value: clusters.recall()},
			{Set: "million", Name: "f1", Value: clusters.f1(), Floor: 0.94},
			{Set: "million", Name: "blocking recall", Value: blocks.recall()},
			{Set: "million", Name: "pairs", Unit: "pairs", Value: float64(len(r.Pairs))},
			{Set: "million", Name: "seconds", Unit: "s", Value: seconds, Floor: 120, Aim: 45, Less: true},
			{Set: "million", Name: "memory", Unit: "MiB", Value: most, Floor: 2048, Aim: 2048, Less: true},
		}, nil
	}}
}

func (v *verdict) add(right bool) {
	v.said++
	if right {
		v.both++
	}
}

func truePairs(person []int32) int {
	size := map[int32]int{}
	for _, p := range person {
		size[p]++
	}
	pairs := 0
	for _, n := range size {
		pairs += n * (n - 1) / 2
	}
	return pairs
}

// watchMemory looks at the memory that the process holds every 20 ms; the
// function it returns ends that and gives the most in MiB.
func watchMemory() func() float64 {
	debug.FreeOSMemory()
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	var most uint64
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			most = max(most, sample[0].Value.Uint64()-sample[1].Value.Uint64())
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	})
	return func() float64 {
		close(stop)
		done.Wait()
		return float64(most) / (1 << 20)
	}
}

// maker makes persons.
type maker struct {
	random                  *rand.Rand
	givens, surnames, towns []string
}

// makeRecords makes n records and tells the person of each.
func makeRecords(n int) (*link.Records, []int32) {
	m := &maker{random: rand.New(rand.NewPCG(madeSeed, madeSeed))}
	m.givens, m.surnames, m.towns = m.words(4_000), m.words(20_000), m.words(3_000)
	rows := make([][5]string, 0, n)
	person := make([]int32, 0, n)
	originals := int(float64(n) * madeShare)
	for i := range originals {
		rows, person = append(rows, m.person()), append(person, int32(i))
	}
	for len(rows) < n {
		// A few persons get most of the further records, as in FEBRL 3.
		of := m.random.IntN(originals)
		for range min(n-len(rows), 1+m.random.IntN(4)) {
			rows, person = append(rows, m.spoil(rows[of])), append(person, int32(of))
		}
	}
	m.random.Shuffle(n, func(i, j int) {
		rows[i], rows[j] = rows[j], rows[i]
		person[i], person[j] = person[j], person[i]
	})
	r := &link.Records{IDs: make([]string, n), Columns: map[string][]string{}}
	for i := range rows {
		r.IDs[i] = fmt.Sprintf("%07d", i)
	}
	for f, name := range madeFields {
		column := make([]string, n)
		for i := range rows {
			column[i] = rows[i][f]
		}
		r.Columns[name] = column
	}
	return r, person
}

// words makes n distinct words of two to four syllables.
func (m *maker) words(n int) []string {
	const consonants, vowels = "bcdfghjklmnprstvwyz", "aeiou"
	seen := map[string]bool{}
	var out []string
	for len(out) < n {
		var w []byte
		for range 2 + m.random.IntN(3) {
			w = append(w, consonants[m.random.IntN(len(consonants))], vowels[m.random.IntN(len(vowels))])
		}
		if m.random.IntN(2) == 0 {
			w = append(w, consonants[m.random.IntN(len(consonants))])
		}
		if !seen[string(w)] {
			seen[string(w)] = true
			out = append(out, string(w))
		}
	}
	return out
}

// often picks a word so that few are frequent and many rare, as names are.
func (m *maker) often(words []string) string {
	u := m.random.Float64()
	return words[int(u*u*u*float64(len(words)))]
}

func (m *maker) person() [5]string {
	born := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, m.random.IntN(80*365))
	town := int(float64(len(m.towns)) * m.random.Float64() * m.random.Float64())
	return [5]string{m.often(m.givens), m.often(m.surnames), born.Format("20060102"), m.towns[town], fmt.Sprintf("%04d", 2000+town)}
}

// changed are the shares of duplicates in which a field differs from the
// original, as counted in FEBRL 3, in percent.
var changed = [5]int{32, 33, 8, 27, 17}

// spoil makes another record of a person: each field is changed by its share,
// one at least.
func (m *maker) spoil(row [5]string) [5]string {
	before := row
	for row == before {
		for f := range row {
			if m.random.IntN(100) < changed[f] {
				m.spoilField(&row, f)
			}
		}
	}
	return row
}

// spoilField leaves a value out, exchanges the names, replaces the value, or
// makes one typing error or two.
func (m *maker) spoilField(row *[5]string, f int) {
	switch chance := m.random.IntN(100); {
	case chance < 8:
		row[f] = ""
	case chance < 13 && f < 2:
		row[0], row[1] = row[1], row[0]
	case chance < 18:
		row[f] = m.person()[f]
	case chance < 40:
		row[f] = m.typo(m.typo(row[f]))
	default:
		row[f] = m.typo(row[f])
	}
}

// typo is one insertion, deletion, substitution or transposition.
func (m *maker) typo(s string) string {
	if len(s) < 2 {
		return s
	}
	b := []byte(s)
	letter := byte('a' + m.random.IntN(26))
	if b[0] >= '0' && b[0] <= '9' {
		letter = byte('0' + m.random.IntN(10))
	}
	at := m.random.IntN(len(b) - 1)
	switch m.random.IntN(4) {
	case 0:
		return s[:at] + string(letter) + s[at:]
	case 1:
		return s[:at] + s[at+1:]
	case 2:
		b[at] = letter
	default:
		b[at], b[at+1] = b[at+1], b[at]
	}
	return string(b)
}
