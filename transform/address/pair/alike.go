package pair

// shared is how far the runs of two texts overlap, weighted by rarity.
type shared struct {
	common, first, second float64 // sums of rarity: in both, in each
	count                 int
	rarest, next          float64 // of those in both
	rarestFirst           float64 // of those in the first alone
	rarestSecond          float64
}

func overlap(a, b []gram) shared {
	var s shared
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case j == len(b) || i < len(a) && a[i].run < b[j].run:
			s.first += a[i].rare
			s.rarestFirst = max(s.rarestFirst, a[i].rare)
			i++
		case i == len(a) || b[j].run < a[i].run:
			s.second += b[j].rare
			s.rarestSecond = max(s.rarestSecond, b[j].rare)
			j++
		default:
			s.add(a[i].rare)
			i++
			j++
		}
	}
	return s
}

func (s *shared) add(rare float64) {
	s.common += rare
	s.first += rare
	s.second += rare
	s.count++
	if rare > s.rarest {
		s.rarest, s.next = rare, s.rarest
	} else {
		s.next = max(s.next, rare)
	}
}

// inFirst and inSecond are the shares of each text that the other has.
func (s shared) inFirst() float64  { return share(s.common, s.first) }
func (s shared) inSecond() float64 { return share(s.common, s.second) }

// jaccard is the share of what is in both in what is in either.
func (s shared) jaccard() float64 { return share(s.common, s.first+s.second-s.common) }

func share(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return part / whole
}

// block is a run of tokens that two addresses have in common.
type block struct{ a, b, n int }

// longestBlock finds the common run with the greatest sum of rarity between
// a[a0:a1] and b[b0:b1], the first of equals.
func longestBlock(a, b *Address, a0, a1, b0, b1 int) (best block, weight float64) {
	length := make([]int, b1-b0+1)
	sums := make([]float64, b1-b0+1)
	for i := a0; i < a1; i++ {
		for j := b1 - 1; j >= b0; j-- {
			k := j - b0
			if a.tokens[i] != b.tokens[j] {
				length[k+1], sums[k+1] = 0, 0
				continue
			}
			length[k+1], sums[k+1] = length[k]+1, sums[k]+a.rare[i]+0.01
			if sums[k+1] > weight {
				n := length[k+1]
				best, weight = block{i + 1 - n, j + 1 - n, n}, sums[k+1]
			}
		}
	}
	return best, weight
}

// aligned finds common runs in their order, the heaviest first and then those
// on both sides of it (Ratcliff and Metzener 1988).
func aligned(a, b *Address) []block {
	return alignWithin(a, b, 0, len(a.tokens), 0, len(b.tokens), nil)
}

func alignWithin(a, b *Address, a0, a1, b0, b1 int, out []block) []block {
	m, weight := longestBlock(a, b, a0, a1, b0, b1)
	if weight == 0 || len(out) >= 32 {
		return out
	}
	out = alignWithin(a, b, a0, m.a, b0, m.b, out)
	out = append(out, m)
	return alignWithin(a, b, m.a+m.n, a1, m.b+m.n, b1, out)
}

// subsequence is the length of the longest common subsequence.
func subsequence(a, b []uint64) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			up := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j], up)
			}
			diagonal = up
		}
	}
	return row[len(b)]
}

// jaroWinkler is the similarity of W. E. Winkler (1990) on tokens, with the
// prefix of up to 4 tokens at 0.1.
func jaroWinkler(a, b []uint64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	window := max(len(a), len(b))/2 - 1
	usedB := make([]bool, len(b))
	var matched []uint64
	for i, x := range a {
		for j := max(0, i-window); j < min(len(b), i+window+1); j++ {
			if !usedB[j] && b[j] == x {
				usedB[j] = true
				matched = append(matched, x)
				break
			}
		}
	}
	m, swaps, k := float64(len(matched)), 0, 0
	if m == 0 {
		return 0
	}
	for j, y := range b {
		if usedB[j] {
			if matched[k] != y {
				swaps++
			}
			k++
		}
	}
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(swaps/2))/m) / 3
	return jaro + float64(min(4, prefix(a, b)))*0.1*(1-jaro)
}

func prefix(a, b []uint64) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func suffix(a, b []uint64) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}
