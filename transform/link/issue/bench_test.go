package issue

import (
	"fmt"
	"slices"
	"testing"
)

// BenchmarkDay grows stores of several sizes by a day of ten requests; the
// time is that of the requests within the horizon.
func BenchmarkDay(b *testing.B) {
	for _, problems := range []int{2500, 10000} {
		requests, _ := corpus(1, problems)
		slices.SortFunc(requests, func(x, y Request) int { return x.At.Compare(y.At) })
		m := fitted(b, requests)
		store := &Memory{}
		g, err := Grow(m, store, Change{Put: requests[:len(requests)-10]})
		if err != nil {
			b.Fatal(err)
		}
		store.Apply(g)
		size := 0
		for _, k := range g.Kept {
			size += len(k.Features)
		}
		b.Run(fmt.Sprint(len(requests), " requests"), func(b *testing.B) {
			for b.Loop() {
				if _, err := Grow(m, store, Change{Put: requests[len(requests)-10:]}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)/float64(len(g.Kept)), "B/request")
		})
	}
}
