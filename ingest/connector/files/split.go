package files

import "bytes"

// splitter cuts records and fields of CSV (RFC 4180, tolerant): a quote in an
// unquoted field is text, a quote in a quoted field that neither ends it nor
// is doubled is text too as long as the record is one line.
//
// It works on the bytes of the encoding itself. That is safe since in UTF-8
// and Latin-1 no character holds an ASCII byte, and in GB18030 only bytes from
// 0x30 on are parts of others: wide makes it step over those when the
// delimiter is among them.
type splitter struct {
	delimiter, quote, eol byte
	wide, trim            bool
	fields                []field
	scratch               []byte
}

// field is one value, its quotes taken off.
type field struct {
	value  []byte
	quoted bool
}

// verdict is what the splitter found at the start of its bytes.
type verdict uint8

const (
	// complete: a record, its fields are in splitter.fields.
	complete verdict = iota
	// short: more bytes are needed.
	short
	// open: a quote does not close; the first line is broken.
	open
)

// next cuts one record and returns its length with the line break. last says
// that no more bytes follow. The fields hold until the next call.
func (s *splitter) next(buf []byte, last bool) (int, verdict) {
	s.fields, s.scratch = s.fields[:0], s.scratch[:0]
	end := bytes.IndexByte(buf, s.eol)
	n := end + 1
	if end < 0 {
		if !last {
			return 0, short
		}
		end, n = len(buf), len(buf)
	}
	line := s.stripReturn(buf[:end])
	if s.quote == 0 || bytes.IndexByte(line, s.quote) < 0 {
		s.plain(line)
		return n, complete
	}
	return s.quoted(buf, last)
}

// line returns the length of the first line with its break.
func (s *splitter) line(buf []byte) int {
	if at := bytes.IndexByte(buf, s.eol); at >= 0 {
		return at + 1
	}
	return len(buf)
}

func (s *splitter) stripReturn(line []byte) []byte {
	if s.eol == '\n' && len(line) > 0 && line[len(line)-1] == '\r' {
		return line[:len(line)-1]
	}
	return line
}

// plain cuts a line that holds no quote.
func (s *splitter) plain(line []byte) {
	for {
		at := s.toDelimiter(line)
		if at < 0 {
			s.add(line, false)
			return
		}
		s.add(line[:at], false)
		line = line[at+1:]
	}
}

func (s *splitter) toDelimiter(b []byte) int {
	if !s.wide {
		return bytes.IndexByte(b, s.delimiter)
	}
	for i := 0; i < len(b); i += charLen(b[i:]) {
		if b[i] == s.delimiter {
			return i
		}
	}
	return -1
}

func (s *splitter) add(value []byte, quoted bool) {
	if s.trim {
		value = bytes.Trim(value, " \t")
	}
	s.fields = append(s.fields, field{value, quoted})
}

// quoted cuts a record in which a quote stands.
func (s *splitter) quoted(buf []byte, last bool) (int, verdict) {
	lines, lone := false, false
	for i := 0; ; {
		begin := i
		if s.trim {
			for i < len(buf) && (buf[i] == ' ' || buf[i] == '\t') && buf[i] != s.delimiter {
				i++
			}
		}
		if i == len(buf) || buf[i] != s.quote {
			end := s.unquoted(buf, begin)
			if end == len(buf) && !last {
				return 0, short
			}
			if end == len(buf) || buf[end] == s.eol {
				s.add(s.stripReturn(buf[begin:end]), false)
				return min(end+1, len(buf)), complete
			}
			s.add(buf[begin:end], false)
			i = end + 1
			continue
		}
		v := s.value(buf, i+1, last)
		lines, lone = lines || v.lines, lone || v.lone
		switch {
		case lines && lone || v.verdict == open:
			return s.line(buf), open
		case v.verdict == short:
			return 0, short
		}
		s.fields = append(s.fields, field{v.text, true})
		if v.end == len(buf) || buf[v.end] == s.eol {
			return min(v.end+1, len(buf)), complete
		}
		i = v.end + 1
	}
}

// unquoted returns where a field without quotes ends.
func (s *splitter) unquoted(buf []byte, i int) int {
	for i < len(buf) {
		c := buf[i]
		if c == s.delimiter || c == s.eol {
			return i
		}
		if s.wide {
			i += charLen(buf[i:])
		} else {
			i++
		}
	}
	return i
}

// quotedValue is what stands between two quotes.
type quotedValue struct {
	text        []byte
	end         int // of the delimiter or line break behind it
	lines, lone bool
	verdict     verdict
}

func (s *splitter) value(buf []byte, start int, last bool) quotedValue {
	v := quotedValue{}
	doubled, seen := false, start
	for j := start; ; {
		at := bytes.IndexByte(buf[j:], s.quote)
		if at < 0 {
			v.lines = v.lines || bytes.IndexByte(buf[seen:], s.eol) >= 0
			v.verdict = short
			if last {
				v.verdict = open
			}
			return v
		}
		j += at
		v.lines = v.lines || bytes.IndexByte(buf[seen:j], s.eol) >= 0
		seen = j
		end, closes := s.closing(buf, j+1)
		switch {
		case j+1 < len(buf) && buf[j+1] == s.quote:
			doubled = true
			j += 2
		case end == len(buf) && !last && closes:
			v.verdict = short
			return v
		case closes:
			v.text, v.end = buf[start:j], end
			if doubled {
				v.text = s.undouble(v.text)
			}
			return v
		default:
			v.lone = true
			if v.lines {
				v.verdict = open
				return v
			}
			j++
		}
	}
}

// closing reports whether a field ends at i, behind its closing quote, and
// where the delimiter or line break stands.
func (s *splitter) closing(buf []byte, i int) (int, bool) {
	if s.trim {
		for i < len(buf) && (buf[i] == ' ' || buf[i] == '\t') && buf[i] != s.delimiter {
			i++
		}
	}
	if i == len(buf) || buf[i] == s.delimiter || buf[i] == s.eol {
		return i, true
	}
	if s.eol == '\n' && buf[i] == '\r' && (i+1 == len(buf) || buf[i+1] == '\n') {
		return i + 1, true
	}
	return i, false
}

// undouble copies a value with its doubled quotes made single.
func (s *splitter) undouble(v []byte) []byte {
	start := len(s.scratch)
	for {
		at := bytes.IndexByte(v, s.quote)
		if at < 0 || at+1 == len(v) {
			s.scratch = append(s.scratch, v...)
			return s.scratch[start:len(s.scratch):len(s.scratch)]
		}
		s.scratch = append(s.scratch, v[:at+1]...)
		if v[at+1] == s.quote {
			at++
		}
		v = v[at+1:]
	}
}
