package drawing

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// Places are where fonts with Chinese characters lie by the packages and
// systems that bring them, in the order in which they are tried.
var Places = []string{
	"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", // Debian, Ubuntu: fonts-noto-cjk
	"/usr/share/fonts/*noto-cjk*/NotoSansCJK-Regular.ttc",    // Arch, openSUSE, Alpine
	"/usr/share/fonts/google-noto-sans-cjk*/NotoSansCJK-Regular.ttc",
	"/usr/share/fonts/*/NotoSansSC-Regular.[ot]tf",
	"/usr/share/fonts/*/*/SourceHanSansSC-Regular.otf",
	"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", // Debian: fonts-wqy-microhei
	"/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
	"/usr/share/fonts/wqy*/wqy-*.ttc",
	"/usr/local/share/fonts/*.[ot]t[cf]",
	"/usr/share/fonts/truetype/*/*.tt[cf]",
	"/System/Library/Fonts/PingFang.ttc",
	"/System/Library/Fonts/STHeiti Light.ttc",
}

// Font is a font file that holds Chinese characters; it draws one picture at a
// time.
type Font struct {
	// Path is the file.
	Path  string
	sfnt  *sfnt.Font
	faces map[float64]font.Face
}

// FindFont returns the first font of these places, which may be patterns,
// that can be read and holds simplified Chinese; nil when there is none.
func FindFont(places []string) *Font {
	for _, place := range places {
		files, err := filepath.Glob(place)
		if err != nil {
			continue
		}
		for _, file := range files {
			if f, err := OpenFont(file); err == nil {
				return f
			}
		}
	}
	return nil
}

// sample are characters that a font must have to be taken.
const sample = "诉求热力图数据不足（件）"

// OpenFont reads a TTF, OTF or TTC file; of a collection it takes the font
// for simplified Chinese, else the first that has the characters. It fails
// when none has.
func OpenFont(path string) (*Font, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	fonts, err := fontsOf(raw)
	if err != nil {
		return nil, fmt.Errorf("read font %s: %w", path, err)
	}
	var found *sfnt.Font
	for _, f := range fonts {
		if !writes(f, sample) {
			continue
		}
		if found == nil || simplified(f) && !simplified(found) {
			found = f
		}
	}
	if found == nil {
		return nil, fmt.Errorf("read font %s: it lacks simplified Chinese characters", path)
	}
	return &Font{Path: path, sfnt: found, faces: map[float64]font.Face{}}, nil
}

// writes reports whether a font has every character of a text.
func writes(f *sfnt.Font, text string) bool {
	var b sfnt.Buffer
	for _, r := range text {
		if glyph, err := f.GlyphIndex(&b, r); err != nil || glyph == 0 {
			return false
		}
	}
	return true
}

// simplified reports whether a font of a collection is the one for the
// mainland, by its family's name.
func simplified(f *sfnt.Font) bool {
	name, err := f.Name(nil, sfnt.NameIDFamily)
	return err == nil && (strings.HasSuffix(name, " SC") || strings.HasSuffix(name, " CN"))
}

// face returns the font in a size of pixels.
func (f *Font) face(size float64) (font.Face, error) {
	if face, ok := f.faces[size]; ok {
		return face, nil
	}
	face, err := opentype.NewFace(f.sfnt, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("set font %s: %w", f.Path, err)
	}
	f.faces[size] = face
	return face, nil
}
