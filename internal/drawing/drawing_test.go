package drawing

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/goregular"
)

var red, blue, black = Hex("#ff0000"), Hex("#0000ff"), Hex("#000000")

// scene has a square with a square hole, a striped square and a line.
func scene() *Picture {
	p := &Picture{Width: 100, Height: 60, Title: "a < b"}
	square, hole := Rectangle(10, 10, 30, 30)[0], Rectangle(20, 20, 10, 10)[0]
	p.Polygon([][]Point{square, hole}, &Paint{Color: red}, black, 2)
	p.Polygon(Rectangle(50, 10, 40, 30), &Paint{Color: blue, Ground: Hex("#ffff00"), Pattern: Stripes}, color.RGBA{}, 0)
	p.Line([]Point{{5, 50}, {95, 50}}, blue, 4)
	return p
}

func decoded(t *testing.T, p *Picture, f *Font, scale float64) image.Image {
	t.Helper()
	raw, err := p.PNG(f, scale)
	if err != nil {
		t.Fatal(err)
	}
	out, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPNG(t *testing.T) {
	out := decoded(t, scene(), nil, 2)
	if out.Bounds().Dx() != 200 || out.Bounds().Dy() != 120 {
		t.Fatalf("size %v", out.Bounds())
	}
	for at, want := range map[image.Point]color.RGBA{
		{30, 30}: red, {50, 50}: white, {70, 70}: red, // ring, hole, ring
		{20, 50}: black, {50, 40}: black, // edges of both
		{2, 2}: white, {100, 100}: blue, {100, 110}: white, // outside, line, beneath it
	} {
		if got := color.RGBAModel.Convert(out.At(at.X, at.Y)); got != want {
			t.Errorf("%v is %v, want %v", at, got, want)
		}
	}
	// Stripes of 1.4 in a square of 8, at 45 degrees, take a quarter of it, less
	// what is cut off by counting whole pixels.
	blues := 0
	for x := 110; x < 170; x++ {
		for y := 24; y < 72; y++ {
			if _, _, b, _ := out.At(x, y).RGBA(); b > 0x8000 {
				blues++
			}
		}
	}
	if share := float64(blues) / (60 * 48); share < .17 || share > .3 {
		t.Errorf("stripes take %.2f of the square", share)
	}
}

func TestSVG(t *testing.T) {
	p := scene()
	p.Write(Text{At: Point{50, 30}, Size: 12, Anchor: Middle, Color: black, Content: "<件> & 事", Halo: true})
	svg := string(p.SVG())
	if svg != string(p.SVG()) {
		t.Error("two writings differ")
	}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"<title>a &lt; b</title>", `d="M10,10L40,10L40,40L10,40ZM20,20L30,20L30,30L20,30Z" fill="#ff0000" fill-rule="evenodd" stroke="#000000" stroke-width="2"`,
		`<pattern id="p1"`, `fill="url(#p1)"`, `d="M5,50L95,50" fill="none"`, `text-anchor="middle"`, "&lt;件&gt; &amp; 事",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
	if strings.Count(svg, "http") != 1 {
		t.Error("the SVG asks for something")
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 1.25: "1.2", -0.01: "0", 99.96: "100", -3.55: "-3.5"} {
		if got := Number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if Hex("#1D5f9e") != (color.RGBA{0x1d, 0x5f, 0x9e, 255}) || Hex("red") != black {
		t.Error("colours are read wrongly")
	}
}

// A font without Chinese characters is not taken, nor is what is no font.
func TestFontsThatWillNotDo(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string][]byte{"latin.ttf": goregular.TTF, "broken.ttf": []byte("no font")} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFont(path); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if FindFont([]string{filepath.Join(dir, "*"), filepath.Join(dir, "none"), "["}) != nil {
		t.Error("a font is found where none is")
	}
}

// Texts stand where they are anchored; a halo clears the ground around them.
func TestTexts(t *testing.T) {
	f := FindFont(Places)
	if f == nil {
		t.Skip("no font with Chinese characters")
	}
	for anchor, want := range map[Anchor][2]int{Start: {100, 200}, Middle: {50, 150}, End: {0, 100}} {
		p := &Picture{Width: 200, Height: 40}
		p.Polygon(Rectangle(0, 0, 200, 40), &Paint{Color: red}, color.RGBA{}, 0)
		p.Write(Text{At: Point{100, 30}, Size: 25, Anchor: anchor, Color: black, Content: "诉求热力", Halo: anchor == Middle})
		out := decoded(t, p, f, 1)
		left, right, whites := 200, 0, 0
		for x := range 200 {
			for y := range 40 {
				switch c := color.RGBAModel.Convert(out.At(x, y)).(color.RGBA); {
				case c.R < 100:
					left, right = min(left, x), max(right, x)
				case c.G > 200:
					whites++
				}
			}
		}
		if left < want[0] || left > want[0]+6 || right > want[1] || right < want[1]-6 {
			t.Errorf("anchor %d: ink from %d to %d, want %v", anchor, left, right, want)
		}
		if (whites > 50) != (anchor == Middle) {
			t.Errorf("anchor %d: %d white pixels", anchor, whites)
		}
	}
}
