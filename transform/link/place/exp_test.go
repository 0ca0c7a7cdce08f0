package place

import (
	"fmt"
	"testing"
	"time"
	"sort"

	"huiliu/fixtures/city"
)

func TestExp(t *testing.T) {
	rows, _ := cityRows(t, city.Config{Residents: 8000, Years: 3, Seed: 2})
	r := cityReader(t)
	begin := time.Now()
	sigs := map[Signature]int{}
	road, comp, num := map[string]int{}, map[string]int{}, map[string]int{}
	var found, truth []string
	for _, x := range rows {
		s := r.Read(x.Row).Signature
		sigs[s]++
		road[s.Area+"|"+s.Road]++
		comp[s.Compound]++
		num[s.Community]++
		k := s.Compound + "/" + s.House
		if s.House == "" {
			k = s.Road + "#" + s.Number
		}
		if x.Address == "" {
			k = ""
		}
		if s.Alone != "" { fmt.Println("alone", x.Address) }
		if s.House == "" && s.Number == "" { fmt.Println("wide", x.Row, x.department, x.key) }
		found, truth = append(found, k), append(truth, x.entity)
	}
	fmt.Println(len(rows), len(sigs), time.Since(begin), time.Since(begin)/time.Duration(len(rows)), len(r.heads), len(r.texts))
	fmt.Println(pairwise(found, truth).f1())
	for _, m := range []map[string]int{road, comp, num} {
		var k []string
		for x := range m {
			k = append(k, x)
		}
		sort.Slice(k, func(i, j int) bool { return m[k[i]] > m[k[j]] })
		for i, x := range k {
			if i < 120 {
				fmt.Print(x, " ", m[x], "; ")
			}
		}
		fmt.Println("\n---", len(k))
	}
}
