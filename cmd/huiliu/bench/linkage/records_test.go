package linkage

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	specs "huiliu/examples/link"
	"huiliu/transform/link"
)

// Every specification can be read and keeps to 40 lines.
func TestSpecifications(t *testing.T) {
	names, err := specs.Specs.ReadDir(".")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, n := range names {
		text, err := specs.Specs.ReadFile(n.Name())
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(string(text), "\n"); lines > 40 {
			t.Errorf("%s has %d lines", n.Name(), lines)
		}
		if _, err := link.ParseSpec(n.Name(), text); err != nil {
			t.Error(err)
		}
	}
}

func TestMadeRecords(t *testing.T) {
	r, person := makeRecords(20_000)
	again, _ := makeRecords(20_000)
	if !reflect.DeepEqual(r, again) {
		t.Fatal("made twice, not the same")
	}
	members := map[int32][]int{}
	for i, p := range person {
		members[p] = append(members[p], i)
	}
	pairs, same := 0, 0
	for _, rows := range members {
		for _, row := range rows[1:] {
			pairs++
			if slices.Equal(cells(r, rows[0]), cells(r, row)) {
				same++
			}
		}
	}
	if pairs != 20_000-12_000 || same > pairs/20 {
		t.Errorf("%d further records, %d of them like another of the person", pairs, same)
	}
}

func cells(r *link.Records, row int) (out []string) {
	for _, f := range madeFields {
		out = append(out, r.Columns[f][row])
	}
	return out
}

func TestMadeRecordsAreLinked(t *testing.T) {
	spec, err := readSpec("million.yaml")
	if err != nil {
		t.Fatal(err)
	}
	records, person := makeRecords(20_000)
	r, err := link.Run(t.Context(), spec, records, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := verdict{known: truePairs(person)}
	inside(r.Clusters)(func(a, b uint32) { v.add(person[a] == person[b]) })
	if v.f1() < 0.9 {
		t.Errorf("F1 %.4f, precision %.4f, recall %.4f", v.f1(), v.precision(), v.recall())
	}
}

func TestJudge(t *testing.T) {
	known := truth{{"a", "b"}: true, {"b", "c"}: true}
	v := judge(known, inside([][]uint32{{1, 0}, {2, 3}}), []string{"a", "b", "c", "d"})
	if v != (verdict{said: 2, known: 2, both: 1}) || v.precision() != 0.5 || v.recall() != 0.5 || v.f1() != 0.5 {
		t.Errorf("%+v", v)
	}
	if none := (verdict{}); none.f1() != 0 || none.precision() != 0 {
		t.Error("nothing said of nothing is no success")
	}
}

// The small set is measured in the test too; its floor is the bench's.
func TestSmallSetKeepsItsFloors(t *testing.T) {
	data := os.Getenv("HUILIU_DATA")
	if _, err := os.Stat(filepath.Join(data, "linkage")); data == "" || err != nil {
		t.Skip("HUILIU_DATA names no folder with the set")
	}
	for _, s := range recordSets() {
		if s.Name != "fake-1000" {
			continue
		}
		figures, err := s.Run(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		if missed := Missed(figures); len(missed) > 0 {
			t.Errorf("%+v", missed)
		}
	}
}
