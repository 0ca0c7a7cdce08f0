package workbook

import (
	"fmt"
	"math"
)

// texts is the workbook's table of shared texts, one after another.
type texts struct {
	data []byte
	ends []uint32
}

func (t *texts) get(i int) ([]byte, bool) {
	if t == nil || i < 0 || i >= len(t.ends) {
		return nil, false
	}
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.data[start:t.ends[i]:t.ends[i]], true
}

// loadTexts reads the shared texts, once.
func (b *Book) loadTexts() error {
	if b.texts != nil || b.shared == "" || b.parts[partName(b.shared)] == nil {
		return nil
	}
	p, err := b.part(b.shared, maxPart)
	if err != nil {
		return err
	}
	defer p.close()
	out, m := &texts{}, newMarkup(p)
	for {
		t, err := m.next()
		if err != nil {
			return err
		}
		if t == endOfPart {
			b.texts = out
			return nil
		}
		if t != beginTag || string(m.name) != "si" {
			continue
		}
		if err := out.add(m); err != nil {
			return err
		}
		if len(out.data) > maxStrings || len(out.ends) > maxStrings/8 || len(out.data) > math.MaxUint32 {
			return &LimitError{p.name, maxStrings, "bytes of text"}
		}
	}
}

func (t *texts) add(m *markup) error {
	if !m.empty {
		data, err := richText(m, t.data, "si")
		if err != nil {
			return err
		}
		t.data = data
	}
	t.ends = append(t.ends, uint32(len(t.data)))
	return nil
}

// richText appends the text within an element up to its end: the t elements
// of it and of its runs, without the phonetic guide.
func richText(m *markup, dst []byte, element string) ([]byte, error) {
	begin, inside := len(dst), false
	for {
		t, err := m.next()
		if err != nil {
			return dst, err
		}
		switch {
		case t == endOfPart:
			return dst, fmt.Errorf("%w: %s ends in the middle", ErrBroken, element)
		case t == textRun:
			if inside {
				dst = unescape(dst, m.text)
			}
		case t == beginTag && string(m.name) == "rPh":
			if err := m.skip(); err != nil {
				return dst, err
			}
		case string(m.name) == "t":
			inside = t == beginTag && !m.empty
		case t == endTag && string(m.name) == element:
			return dst[:begin+len(resolve(dst[begin:]))], nil
		}
	}
}
