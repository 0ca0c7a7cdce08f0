package conf

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Decoder is a value that reads its own section, such as one that may be
// written short or long.
type Decoder interface {
	DecodeConf(Section) error
}

var (
	sectionType  = reflect.TypeFor[Section]()
	durationType = reflect.TypeFor[time.Duration]()
)

// Decode fills a value (a pointer) from the section: structs by their yaml
// tags, maps, lists (a single value is a list of one), scalars, durations,
// Sections left as they are, and Decoders. A field with the tag option
// "required" must be there. It returns all faults joined.
func (s Section) Decode(into any) error { return s.decode(reflect.ValueOf(into).Elem()) }

func (s Section) decode(v reflect.Value) error {
	if s.Absent() {
		return nil
	}
	if v.Type() == sectionType {
		v.Set(reflect.ValueOf(s))
		return nil
	}
	if v.CanAddr() {
		if d, ok := v.Addr().Interface().(Decoder); ok {
			return d.DecodeConf(s)
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return s.decode(v.Elem())
	case reflect.Struct:
		return s.decodeStruct(v)
	case reflect.Map:
		return s.decodeMap(v)
	case reflect.Slice:
		return s.decodeList(v)
	}
	return s.decodeScalar(v)
}

func (s Section) decodeStruct(v reflect.Value) error {
	if len(s.entries()) == 0 && !strings.HasPrefix(strings.TrimSpace(s.node.String()), "{") {
		return WrongValue.At(s.Place(), "key", s.last(), "value", quote(s.node.String()), "want", "a mapping")
	}
	var faults []error
	known := map[string]int{}
	var names []string
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		known[name] = i
		names = append(names, name)
		if option == "required" && s.Get(name).Absent() {
			faults = append(faults, MissingKey.At(s.Place(), "key", name, "want", "…"))
		}
	}
	for _, key := range s.Keys() {
		at, ok := known[key]
		if !ok {
			faults = append(faults, s.unknown(key, names))
			continue
		}
		faults = append(faults, s.Get(key).decode(v.Field(at)))
	}
	return errors.Join(faults...)
}

// Only reports every key of the section that is not among the names.
func (s Section) Only(names ...string) error {
	var faults []error
	for _, key := range s.Keys() {
		if !slices.Contains(names, key) {
			faults = append(faults, s.unknown(key, names))
		}
	}
	return errors.Join(faults...)
}

func (s Section) unknown(key string, names []string) error {
	hint, hintZH := "use one of "+strings.Join(names, ", "), "可用的键："+strings.Join(names, "、")
	if near := nearest(key, names); near != "" {
		hint, hintZH = "did you mean "+near+"?", "是否应为 "+near+"？"
	}
	return UnknownKey.At(s.Get(key).Place(), "key", key, "hint", hint, "hint_zh", hintZH)
}

func (s Section) decodeMap(v reflect.Value) error {
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("%s: maps are keyed by text", s.Place())
	}
	out := reflect.MakeMap(v.Type())
	var faults []error
	if len(s.entries()) == 0 && !strings.HasPrefix(strings.TrimSpace(s.node.String()), "{") {
		return WrongValue.At(s.Place(), "key", s.last(), "value", quote(s.node.String()), "want", "a mapping")
	}
	for _, key := range s.Keys() {
		item := reflect.New(v.Type().Elem()).Elem()
		faults = append(faults, s.Get(key).decode(item))
		out.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), item)
	}
	v.Set(out)
	return errors.Join(faults...)
}

func (s Section) decodeList(v reflect.Value) error {
	items := s.Items()
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	var faults []error
	for i, item := range items {
		faults = append(faults, item.decode(out.Index(i)))
	}
	v.Set(out)
	return errors.Join(faults...)
}

func (s Section) decodeScalar(v reflect.Value) error {
	text, err := s.Scalar()
	if err != nil {
		return err
	}
	wrong := func(want string) error {
		return WrongValue.At(s.Place(), "key", s.last(), "value", quote(text), "want", want)
	}
	switch {
	case v.Type() == durationType:
		d, err := time.ParseDuration(text)
		if err != nil {
			return wrong("a duration such as 30s or 5m")
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.CanInt():
		n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, v.Type().Bits())
		if err != nil {
			return wrong("a whole number")
		}
		v.SetInt(n)
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return wrong("a number")
		}
		v.SetFloat(f)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return wrong("true or false")
		}
		v.SetBool(b)
	default:
		return fmt.Errorf("%s: no value of type %s can be configured", s.Place(), v.Type())
	}
	return nil
}

func quote(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strconv.Quote(s)
}

// nearest finds the name within two edits of a misspelt key.
func nearest(key string, names []string) string {
	best, name := 3, ""
	for _, n := range names {
		if d := edits(key, n); d < best {
			best, name = d, n
		}
	}
	return name
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
