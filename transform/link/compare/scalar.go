package compare

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// earthRadius is the mean radius of the Earth in kilometres (IUGG R1).
const earthRadius = 6371.0088

// Haversine is the distance of two points in kilometres along the sphere
// (Sinnott 1984). Degrees are WGS 84.
func Haversine(latA, longA, latB, longB float64) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((latB - latA) * rad / 2)
	sinLong := math.Sin((longB - longA) * rad / 2)
	h := sinLat*sinLat + math.Cos(latA*rad)*math.Cos(latB*rad)*sinLong*sinLong
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// Point reads "lat,long" in degrees.
func Point(text string) (lat, long float64, ok bool) {
	x, y, found := strings.Cut(text, ",")
	if !found {
		return 0, 0, false
	}
	lat, okLat := Number(x)
	long, okLong := Number(y)
	return lat, long, okLat && okLong && math.Abs(lat) <= 90 && math.Abs(long) <= 180
}

// Number reads a finite decimal number.
func Number(text string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// Day reads YYYYMMDD or YYYY-MM-DD as days since 1970-01-01.
func Day(text string) (int, bool) {
	digits := strings.ReplaceAll(text, "-", "")
	t, err := time.Parse("20060102", digits)
	if err != nil {
		return 0, false
	}
	return int(t.Unix() / (24 * 60 * 60)), true
}

// spelling has no tones and takes each character's most usual reading.
var spelling = pinyin.NewArgs()

// Pinyin spells the Chinese characters of a text without tones, a space
// between them; all else is left out. Each character has its most usual
// reading, so a name's rare reading meets its usual one.
func Pinyin(text string) string {
	return strings.Join(syllables(text), " ")
}

// Initials are the first letters of a text's pinyin.
func Initials(text string) string {
	var b strings.Builder
	for _, s := range syllables(text) {
		b.WriteByte(s[0])
	}
	return b.String()
}

func syllables(text string) []string {
	var out []string
	for _, r := range text {
		if s := syllable(r); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// spelt remembers the syllables of characters, a few thousand at most.
var spelt sync.Map

func syllable(r rune) string {
	if s, ok := spelt.Load(r); ok {
		return s.(string)
	}
	if !unicode.Is(unicode.Han, r) {
		return ""
	}
	out := ""
	if s := pinyin.SinglePinyin(r, spelling); len(s) > 0 {
		out = s[0]
	}
	spelt.Store(r, out)
	return out
}

// creditAlphabet are the characters of GB 32100-2015 in the order of their
// values.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CreditCode reports whether a text is a unified social credit code of 18
// places whose check character is right (GB 32100-2015, ISO 7064 MOD 31-3).
func CreditCode(text string) bool {
	text = strings.ToUpper(text)
	if len(text) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		at := strings.IndexByte(creditAlphabet, text[i])
		if at < 0 {
			return false
		}
		sum += at * weight
		weight = weight * 3 % 31
	}
	return text[17] == creditAlphabet[(31-sum%31)%31]
}
