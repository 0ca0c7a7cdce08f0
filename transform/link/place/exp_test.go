package place

import (
	"fmt"
	"sort"
	"testing"
)

func TestExp(t *testing.T) {
	for _, seed := range []uint64{4, 3} {
		rows, _ := cityRows(t, cityConfig(3000, seed))
		r := cityReader(t)
		d := newDamage(seed, rows)
		for i := range rows {
			rows[i].Row = d.row(rows[i].Row, r.Read(rows[i].Row).Signature.Compound)
		}
		m := measure(t, rows)
		fmt.Println(m)
		by := map[string]map[string]int{}
		bt := map[string]map[string]int{}
		for i := range rows {
			if by[m.found[i]] == nil {
				by[m.found[i]] = map[string]int{}
			}
			if bt[m.truth[i]] == nil {
				bt[m.truth[i]] = map[string]int{}
			}
			by[m.found[i]][m.truth[i]]++
			bt[m.truth[i]][m.found[i]]++
		}
		type bad struct {
			s string
			n int
		}
		var list []bad
		for p, e := range by {
			if p == "" {
				continue
			}
			all, most := 0, 0
			for _, n := range e {
				all += n
				most = max(most, n)
			}
			if all-most > 5 {
				var k int
				fmt.Sscan(p, &k)
				s := fmt.Sprint(all-most, " ", m.places[k].Code, " ")
				for _, x := range m.places[k].Members {
					s += fmt.Sprint(x.Signature, x.Rows, x.Way, " | ")
				}
				list = append(list, bad{s, all - most})
			}
		}
		sort.Slice(list, func(i, j int) bool { return list[i].n > list[j].n })
		for i, b := range list {
			if i < 4 {
				fmt.Println("FALSE", b.s)
			}
		}
		n := map[string]int{}
		for e, ps := range bt {
			for p, c := range ps {
				if p == "" {
					n["none"] += c
					continue
				}
				_ = e
			}
		}
		fmt.Println(n)
		k := 0
		for i, p := range m.places {
			rs := 0
			for _, x := range p.Members {
				rs += x.Rows
			}
			if p.Code == "" && p.Level >= Compound && rs > 3 && k < 25 {
				k++
				fmt.Println("NOCODE", i, p.Level, rs, p.Members[0].Signature, len(p.Members), p.Members[0].Reason.EN)
			}
		}
	}
}
