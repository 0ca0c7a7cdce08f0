package issue

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"huiliu/internal/textsim"
)

var unexported = cmp.AllowUnexported(features{}, spot{}, name{})

// secret is a key as a site has one.
func secret(key string) func(uint64) uint64 {
	return func(hash uint64) uint64 {
		h := hmac.New(sha256.New, []byte(key))
		h.Write(binary.LittleEndian.AppendUint64(nil, hash))
		return binary.LittleEndian.Uint64(h.Sum(nil))
	}
}

func TestFeaturesAreReadBack(t *testing.T) {
	text := rapid.StringMatching(`[柳岸小区路电梯坏了1２A，\n]{0,60}`)
	o := DefaultOptions()
	rapid.Check(t, func(t *rapid.T) {
		r := Request{Title: text.Draw(t, "title"), Body: text.Draw(t, "body"), Category: text.Draw(t, "category"),
			Reporter: text.Draw(t, "reporter"), Channel: text.Draw(t, "channel"), Number: text.Draw(t, "number"), Origin: text.Draw(t, "origin"),
			At:    begin.Add(time.Duration(rapid.Int64().Draw(t, "ns"))),
			Place: Place{ID: text.Draw(t, "place"), Level: Level(rapid.IntRange(-1, 7).Draw(t, "level")), Text: text.Draw(t, "address")}}
		if rapid.Bool().Draw(t, "located") {
			r.Place.Point = &Point{rapid.Float64Range(-100, 100).Draw(t, "lat"), rapid.Float64Range(-200, 200).Draw(t, "long")}
			r.Place.Within = []Spot{{"road", Road}, {"compound", Compound}, {"other road", Road}}
		}
		want := read(&r, &o)
		got := &features{channel: "before", spots: []spot{{1, Road}}, names: []name{{gram: 1}}, copies: []uint64{1}} // memory that is used again
		if err := decode(got, "x", want.encode(o.keyed()), o.keyed()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, unexported, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzDecode(f *testing.F) {
	o := DefaultOptions()
	requests := located(3, 5)
	for i := range requests {
		f.Add(read(&requests[i], &o).encode(o.keyed()))
	}
	f.Add([]byte{layout})
	f.Fuzz(func(t *testing.T, b []byte) {
		got := &features{}
		if err := decode(got, "x", b, o.keyed()); err != nil {
			if !BadFeatures.Is(err) {
				t.Fatalf("not the coded fault: %v", err)
			}
			return
		}
		again := &features{}
		if err := decode(again, "x", got.encode(o.keyed()), o.keyed()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(got, again, unexported); d != "" {
			t.Fatal(d)
		}
		n := fitted(t, nil).node("x", got) // whatever was read can be compared
		fitted(t, nil).compare(n, n)
		n.keys(nil, true)
	})
}

func TestFeaturesAreRefused(t *testing.T) {
	requests := located(3, 5)
	kept, err := Read(requests, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	keyed := DefaultOptions()
	keyed.Key = secret("a")
	shorter := DefaultOptions()
	shorter.Runes = 50
	for name, o := range map[string]Options{"another key": keyed, "another reading": shorter} {
		if _, err := FitKept(kept, o); !BadFeatures.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for cut := range kept[0].Features {
		b := kept[0].Features[:cut]
		if err := decode(&features{}, "x", b, ptr(DefaultOptions()).keyed()); !BadFeatures.Is(err) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

// Under a key no hash of a term is what anybody can make of the term, and the
// issues are the same.
func TestKeyHidesTermsAndChangesNothing(t *testing.T) {
	requests, _ := corpus(7, 200)
	o := DefaultOptions()
	plain := read(&requests[0], &o)
	o.Key = secret("site")
	hidden := read(&requests[0], &o)
	in := map[textsim.Gram]bool{}
	_, body, _ := plain.grams()
	for _, x := range body {
		in[x] = true
	}
	_, body, _ = hidden.grams()
	for _, x := range body {
		if in[x] {
			t.Errorf("term %x is the same under the key", x)
		}
	}
	if len(in) == 0 {
		t.Error("no terms")
	}
	want := grouped(t, requests)
	got, err := Group(requests, Decisions{}, o)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestModelIsReadBack(t *testing.T) {
	requests := located(7, 200)
	o := DefaultOptions()
	o.Key = secret("site")
	m, err := Fit(requests, o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadModel(text, o.Key)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := again.JSON(); err != nil || !bytes.Equal(text, other) {
		t.Errorf("the model read back writes other bytes: %v", err)
	}
	a, err := Grow(m, &Memory{}, Change{Put: requests})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Grow(again, &Memory{}, Change{Put: requests})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
	for _, word := range []string{"小区", "电梯", "油烟"} {
		if strings.Contains(string(text), word) {
			t.Errorf("the model holds %s", word)
		}
	}
	for name, c := range map[string]struct {
		text []byte
		key  func(uint64) uint64
	}{
		"no JSON":      {[]byte("{"), o.Key},
		"another key":  {text, secret("other")},
		"no key":       {text, nil},
		"a share more": {bytes.Replace(text, []byte(`"texts":`), []byte(`"texts":1`), 1), o.Key},
		"empty":        {[]byte("{}"), o.Key},
	} {
		if _, err := ReadModel(c.text, c.key); !WrongModel.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReadModel(f *testing.F) {
	m := fitted(f, located(7, 40))
	text, err := m.JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"layout":1,"options":{"probability":0.5},"strata":[{"stratum":99}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadModel(text, nil)
		if err != nil {
			return
		}
		if _, err := Grow(m, &Memory{}, Change{Put: located(3, 5)}); err != nil {
			t.Fatal(err)
		}
	})
}
