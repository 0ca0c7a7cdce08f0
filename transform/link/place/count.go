package place

// counts are rows by what they say.
type counts map[string]int

func (c counts) total() (n int) {
	for _, rows := range c {
		n += rows
	}
	return n
}

// top gives the value with most rows, the first of equals, "" of none.
func (c counts) top() (value string, rows int) {
	for v, n := range c {
		if n > rows || n == rows && v < value {
			value, rows = v, n
		}
	}
	return value, rows
}

// rule gives the value that nearly all rows agree on, "" where they don't. One
// row in ten may be a clerk's slip.
func (c counts) rule() string {
	value, rows := c.top()
	if 10*rows >= 9*c.total() {
		return value
	}
	return ""
}

// shares reports whether two counts have a value in common.
func (c counts) shares(o counts) bool {
	for v := range c {
		if o[v] > 0 {
			return true
		}
	}
	return false
}

// table is counts by a key.
type table[K comparable] map[K]counts

func (t table[K]) add(key K, value string, rows int) {
	if t[key] == nil {
		t[key] = counts{}
	}
	t[key][value] += rows
}
