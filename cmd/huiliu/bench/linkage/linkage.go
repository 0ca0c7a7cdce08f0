// Package linkage measures de-siloing on sets whose truth is known: records
// of persons, publications and sites, addresses, messages. Every figure has a
// floor below which the measurement fails. What a set needs (its columns, its
// truth, its blocking) stands here or in its configuration file, never in the
// engine.
package linkage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"huiliu/internal/fault"
)

// Figure is one number that a set came to.
type Figure struct {
	// Set and Name say what was measured, such as "febrl3" and "f1".
	Set  string `json:"set"`
	Name string `json:"name"`
	// Unit is empty for a share, else such as "s", "MiB" or "pairs".
	Unit  string  `json:"unit,omitempty"`
	Value float64 `json:"value"`
	// Floor is what must be reached, Aim what is wished for; both are 0 for a
	// figure that is only told.
	Floor float64 `json:"floor,omitempty"`
	Aim   float64 `json:"aim,omitempty"`
	// Less says that the floor is a ceiling: less is better.
	Less bool `json:"less,omitempty"`
}

// Reached reports whether the figure keeps its floor.
func (f Figure) Reached() bool {
	switch {
	case f.Floor == 0:
		return true
	case f.Less:
		return f.Value <= f.Floor
	}
	return f.Value >= f.Floor
}

// Set is one measurement. Run reads what it needs below data, the folder that
// HUILIU_DATA names; it is deterministic but for its seconds.
type Set struct {
	Name string
	Run  func(ctx context.Context, data string) ([]Figure, error)
}

// Sets are all measurements in the order in which they are told.
func Sets() []Set {
	return slices.Concat(recordSets(), parsingSets(), pairSets(), issueSets(), categorySets())
}

// Missed lists the figures that don't keep their floor.
func Missed(figures []Figure) []Figure {
	var out []Figure
	for _, f := range figures {
		if !f.Reached() {
			out = append(out, f)
		}
	}
	return out
}

// unknownSet is raised for a set that is not there.
var unknownSet = &fault.Kind{
	Code: "bench_unknown_set", Class: fault.Input,
	Cause: fault.Text{EN: "there is no set {name}", ZH: "没有名为 {name} 的数据集"},
	Mend:  fault.Text{EN: "name one of {known}, or none for all", ZH: "可用：{known}；不写则全部测量"},
}

// noData is raised for a set whose files are not there.
var noData = &fault.Kind{
	Code: "bench_no_data", Class: fault.Missing,
	Cause: fault.Text{EN: "the files of set {set} are not there", ZH: "找不到数据集 {set} 的文件"},
	Mend:  fault.Text{EN: "name the folder with the public data by --data or HUILIU_DATA, or the sets to measure", ZH: "请用 --data 或 HUILIU_DATA 指定公开数据所在目录，或只写要测量的数据集"},
}

// Run measures the named sets, all when none is named.
func Run(ctx context.Context, data string, names []string, say func(string)) ([]Figure, error) {
	var known []string
	for _, s := range Sets() {
		known = append(known, s.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, unknownSet.At("bench link", "name", n, "known", fmt.Sprint(known))
		}
	}
	var out []Figure
	for _, s := range Sets() {
		if len(names) > 0 && !slices.Contains(names, s.Name) {
			continue
		}
		say("measuring " + s.Name)
		figures, err := s.Run(ctx, data)
		if errors.Is(err, fs.ErrNotExist) {
			return out, noData.At(data, "set", s.Name).Because(err)
		}
		if err != nil {
			return out, fmt.Errorf("measure %s: %w", s.Name, err)
		}
		out = append(out, figures...)
	}
	return out, nil
}
