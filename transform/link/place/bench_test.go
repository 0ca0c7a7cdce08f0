package place

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// site makes the signatures of a sub-district of so many buildings as its
// clerks write them: with and without code, community, road number and ending.
func site(buildings int, seed uint64) []Seen {
	rng := rand.New(rand.NewPCG(seed, 1))
	word := func() string { return string([]rune{0x4e00 + rune(rng.IntN(3000)), 0x4e00 + rune(rng.IntN(3000))}) }
	var out []Seen
	var name, road, community string
	for b := range buildings {
		if b%7 == 0 {
			name, road, community = word()+"小区", word()+"路", word()
		}
		for v := range 24 {
			s := Signature{Compound: name, House: fmt.Sprint(b%7 + 1)}
			if v&1 > 0 {
				s.Code = fmt.Sprintf("3301980010%06d", b)
			}
			if v&2 > 0 {
				s.Road, s.Number = road, fmt.Sprint(100+b/7)
			}
			if v&4 > 0 {
				s.Community = community
			}
			if v >= 8 {
				s.Compound, _ = core(name, compoundEnds)
			}
			if v >= 16 {
				s.Compound = string([]rune{[]rune(name)[0], 0x4e00 + rune(rng.IntN(3000))}) + "小区"
			}
			out = append(out, Seen{Signature: s, Rows: 1 + rng.IntN(40)/(1+v/16*20)})
		}
	}
	return out
}

func BenchmarkLink(b *testing.B) {
	for _, n := range []int{500, 1000, 2000, 4000} {
		seen := site(n, 1)
		b.Run(fmt.Sprintf("%d signatures", len(seen)), func(b *testing.B) {
			for b.Loop() {
				Link(seen)
			}
		})
	}
}

// Each text is another one, as rooms make them.
func BenchmarkRead(b *testing.B) {
	r := cityReader(b)
	n := 0
	for b.Loop() {
		n++
		r.Read(Row{Address: fmt.Sprintf("澄州市清河区云溪街道柳浪路%d号锦绣花苑%d幢%d单元%d室", n%300, n%40, n%4+1, n), Community: "柳岸社区"})
	}
}
