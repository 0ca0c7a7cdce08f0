package crf

import (
	"slices"
	"strings"
)

// maxLabels keeps a label in one byte of a stored model.
const maxLabels = 255

// Chain declares the labels and which of them may follow which.
type Chain struct {
	Labels []string
	// Starts holds the labels that may stand first, ascending.
	Starts []int
	// Edges holds each permitted pair of neighbours (from, to) once, ordered by
	// to, then by from.
	Edges [][2]int
}

// BIO is the chain of segments of the given kinds: the first element of a
// segment is labelled B-kind, the others I-kind (Ramshaw and Marcus, Text
// chunking using transformation-based learning, 1995). Every element belongs
// to a segment: there is no label O. Kind k has the labels 2k and 2k+1.
func BIO(kinds []string) Chain {
	var c Chain
	for k, kind := range kinds {
		c.Labels = append(c.Labels, "B-"+kind, "I-"+kind)
		c.Starts = append(c.Starts, 2*k)
	}
	for to := range c.Labels {
		if to%2 == 1 {
			c.Edges = append(c.Edges, [2]int{to - 1, to}, [2]int{to, to})
			continue
		}
		for from := range c.Labels {
			c.Edges = append(c.Edges, [2]int{from, to})
		}
	}
	return c
}

// isBIO reports whether the chain is one that BIO gives.
func (c Chain) isBIO() bool {
	var kinds []string
	for y := 0; y < len(c.Labels); y += 2 {
		kinds = append(kinds, strings.TrimPrefix(c.Labels[y], "B-"))
	}
	b := BIO(kinds)
	return slices.Equal(b.Labels, c.Labels) && slices.Equal(b.Starts, c.Starts) && slices.Equal(b.Edges, c.Edges)
}

// fault reports what is wrong with a chain in plain words, "" when nothing is.
func (c Chain) fault() string {
	n := len(c.Labels)
	if n == 0 || n > maxLabels {
		return "a chain has between 1 and 255 labels"
	}
	if len(c.Starts) == 0 {
		return "no label may stand first"
	}
	for i, s := range c.Starts {
		if s < 0 || s >= n || i > 0 && c.Starts[i-1] >= s {
			return "a starting label is not declared or out of order"
		}
	}
	before, follows := [2]int{-1, -1}, make([]bool, n)
	for _, e := range c.Edges {
		from, to := e[0], e[1]
		if from < 0 || from >= n || to < 0 || to >= n {
			return "an edge names a label that is not declared"
		}
		if to < before[1] || to == before[1] && from <= before[0] {
			return "edges are out of order"
		}
		before, follows[from] = e, true
	}
	for _, f := range follows {
		if !f {
			return "a label has none that may follow it"
		}
	}
	for _, l := range c.Labels {
		if l == "" || len(l) > 255 || strings.ContainsRune(l, '\n') {
			return "a label is empty, of two lines or longer than 255 bytes"
		}
	}
	return ""
}

// spans gives for each label the range of the edges that lead to it.
func (c Chain) spans() []int32 {
	out := make([]int32, len(c.Labels)+1)
	for _, e := range c.Edges {
		out[e[1]+1]++
	}
	for i := range c.Labels {
		out[i+1] += out[i]
	}
	return out
}
