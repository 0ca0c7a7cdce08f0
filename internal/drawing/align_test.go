package drawing

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
)

// crooked is a collection of one font whose tables begin one byte behind a
// multiple of four.
func crooked(font []byte) []byte {
	tables := int(binary.BigEndian.Uint16(font[4:]))
	out := append([]byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10"), font[:headerSize+recordSize*tables]...)
	for i := range tables {
		record := out[16+headerSize+recordSize*i:]
		from, size := binary.BigEndian.Uint32(record[8:]), binary.BigEndian.Uint32(record[12:])
		for len(out)%4 != 1 {
			out = append(out, 0)
		}
		binary.BigEndian.PutUint32(out[16+headerSize+recordSize*i+8:], uint32(len(out)))
		out = append(out, font[from:from+size]...)
	}
	return out
}

func TestCrookedFont(t *testing.T) {
	raw := crooked(goregular.TTF)
	c, err := opentype.ParseCollection(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Font(0); err == nil {
		t.Fatal("the reader takes it as it is: aligning is no longer needed")
	}
	fonts, err := fontsOf(raw)
	if err != nil || len(fonts) != 1 || !writes(fonts[0], "Huiliu") {
		t.Fatalf("%d fonts, %v", len(fonts), err)
	}
	for _, cut := range []int{20, 200, len(raw) - 100} {
		if _, err := fontsOf(raw[:cut]); err == nil {
			t.Errorf("taken though it ends after %d bytes", cut)
		}
	}
}

// The fonts of WenQuanYi are what many an office has.
func TestFontsOfOffices(t *testing.T) {
	files, err := filepath.Glob("/usr/share/fonts/truetype/wqy/*.ttc")
	if err != nil || len(files) == 0 {
		t.Skip("install fonts-wqy-microhei or fonts-wqy-zenhei")
	}
	for _, path := range files {
		if _, err := OpenFont(path); err != nil {
			t.Error(err)
		}
	}
}

func FuzzFonts(f *testing.F) {
	f.Add(goregular.TTF[:600])
	f.Add(crooked(goregular.TTF)[:600])
	f.Add([]byte("ttcf\x00\x01\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		fonts, err := fontsOf(raw)
		if (err == nil) != (len(fonts) > 0) {
			panic("an error with fonts, or neither")
		}
		for i := range 2 {
			_, _ = inOrder(raw, i) // must come back
		}
	})
}
