package privacy

import (
	"bytes"
)

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlnum(c byte) bool {
	return isDigit(c) || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// run returns the length of the digits at i.
func (m *textMasker) run(i int) int {
	n := 0
	for i+n < len(m.text) && isDigit(m.text[i+n]) {
		n++
	}
	return n
}

// spread returns how long the digits at the mark are when single spaces and
// hyphens between them are passed over, how many groups they form, how long
// the first and last are, and the digits themselves.
func (m *textMasker) spread(room []byte) (length, groups, first, last int, digits []byte) {
	digits = room[:0]
	i := m.at
	for {
		n := m.run(i)
		if groups++; groups == 1 {
			first = n
		}
		last = n
		digits = append(digits, m.text[i:i+n]...)
		i += n
		if i+1 >= len(m.text) || m.text[i] != ' ' && m.text[i] != '-' || !isDigit(m.text[i+1]) || len(digits) > 18 {
			break
		}
		i++
	}
	return i - m.at, groups, first, last, digits
}

// number decides what a run of digits is.
func (m *textMasker) number() {
	n := m.run(m.at)
	mark := n == 17 && m.at+n < len(m.text) && (m.text[m.at+n] == 'X' || m.text[m.at+n] == 'x')
	if mark {
		n++
	}
	switch {
	case n == 18 || n == 15:
		m.flush()
		m.out = maskIdentity(m.out, m.text[m.at:m.at+n])
		m.pass(n)
		return
	case n >= 7 && !(n == 8 && dateLike(m.text[m.at:m.at+8])):
		if n == 11 && m.text[m.at] == '1' {
			m.flush()
			m.out = maskPhone(m.out, m.text[m.at:m.at+n])
			m.pass(n)
			return
		}
		m.hide(n)
		return
	}
	var room [32]byte
	length, groups, first, last, digits := m.spread(room[:])
	if groups > 1 && m.spreadNumber(length, digits) {
		return
	}
	m.door(n, length, groups, first, last)
}

// spreadNumber hides a phone or identity number that is written in groups.
func (m *textMasker) spreadNumber(length int, digits []byte) bool {
	x := len(digits) == 17 && m.at+length < len(m.text) && (m.text[m.at+length] == 'X' || m.text[m.at+length] == 'x')
	switch {
	case x:
		m.hide(length + 1)
	case len(digits) == 18:
		m.hide(length)
	case len(digits) == 11 && digits[0] == '1':
		m.flush()
		m.out = maskPhone(m.out, digits)
		m.pass(length)
	case len(digits) >= 10 && len(digits) <= 12 && (digits[0] == '0' || bytes.HasPrefix(digits, []byte("400")) || bytes.HasPrefix(digits, []byte("800"))):
		m.hide(length)
	default:
		return false
	}
	return true
}

// dateLike tells 20240315 from a number of a person.
func dateLike(d []byte) bool {
	return (d[0] == '1' && d[1] == '9' || d[0] == '2' && d[1] == '0') && calendarDay(number(d[:4]), number(d[4:6]), number(d[6:8]))
}

// door hides a short number that is a door's: before a door unit, right after
// one, or written 3-2-1501.
func (m *textMasker) door(n, length, groups, first, last int) {
	after := m.text[m.at+n:]
	unit := prefixOf(after, doorUnits)
	dayOfMonth := unit == len("号") && bytes.HasSuffix(m.text[:m.at], []byte("月"))
	line := bytes.HasPrefix(after, []byte("号线"))
	dotted := m.at > 0 && m.text[m.at-1] == '.'
	switch {
	case m.at == m.doorEnd || unit > 0 && !dayOfMonth && !line && !dotted:
		m.hide(n)
		if unit > 0 {
			m.at += unit
		}
		m.doorEnd = m.at
	case groups > 1 && first <= 3 && last >= 3 && last <= 4 && m.text[m.at+first] == '-':
		m.hide(length)
		m.doorEnd = m.at
	default:
		m.at += n
	}
}
