package privacy

import (
	"bytes"
	"unicode/utf8"

	"huiliu/transform/entity"
)

// Mask returns the form of a value that may be shown. What stays visible is
// the least by which an official still recognises a case he holds himself
// (suppression of quasi-identifiers after GB/T 37964-2019): of an identity
// number the first three and the last two places, so that neither county nor
// birthday remain; of a mobile number the first three and last four digits;
// of a name the family name; of an address everything down to the road,
// village or estate; of free text everything but the numbers, addresses of
// mail, plates, doors and announced names in it. Other names in free text
// can't be told from words, so masked free text is still personal data.
func Mask(tag entity.Tag, text string) string {
	return string(AppendMask(nil, tag, []byte(text)))
}

// Mask is the package's Mask; it is here so that a keeper is all that a
// caller needs.
func (k *Keeper) Mask(tag entity.Tag, text string) string { return Mask(tag, text) }

// AppendMask appends what Mask returns.
func AppendMask(dst []byte, tag entity.Tag, text []byte) []byte {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return dst
	}
	switch tag {
	case entity.IdentityNumber:
		return maskIdentity(dst, text)
	case entity.Phone:
		return maskPhone(dst, text)
	case entity.PersonName:
		return maskName(dst, text)
	case entity.Address:
		return maskAddress(dst, text)
	case entity.FreeText:
		return maskFreeText(dst, text)
	}
	return append(dst, text...)
}

func stars(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '*')
	}
	return dst
}

// maskIdentity shows the first three and the last two of 15 or 18 places;
// anything else, being no identity number, might be another number and is
// hidden whole.
func maskIdentity(dst, text []byte) []byte {
	var room [64]byte
	id := appendFolded(room[:0], text)
	if len(id) != 18 && len(id) != 15 || !allDigits(id[:len(id)-1]) {
		return stars(dst, min(utf8.RuneCount(text), 18))
	}
	dst = append(dst, id[:3]...)
	dst = stars(dst, len(id)-5)
	return append(dst, bytes.ToUpper(id[len(id)-2:])...)
}

// maskPhone shows 138****5678 of a mobile number and the last two digits of
// any other.
func maskPhone(dst, text []byte) []byte {
	var room [64]byte
	digits := AppendNormal(room[:0], entity.Phone, text)
	switch {
	case len(digits) == 11 && digits[0] == '1':
		dst = append(dst, digits[:3]...)
		return append(stars(dst, 4), digits[7:]...)
	case len(digits) > 4:
		return append(stars(dst, min(len(digits), 18)-2), digits[len(digits)-2:]...)
	}
	return stars(dst, max(len(digits), 1))
}

// compound are the family names of two characters that are still common.
var compound = []string{
	"欧阳", "上官", "司马", "诸葛", "司徒", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "东方", "南宫", "端木", "宇文",
	"长孙", "轩辕", "澹台", "闻人", "呼延", "申屠", "淳于", "太史", "公羊", "赫连", "钟离", "独孤", "西门", "第五", "万俟",
}

// maskName shows the family name and one star, whatever the length of the
// given name.
func maskName(dst, text []byte) []byte {
	_, first := utf8.DecodeRune(text)
	if first == len(text) {
		return append(dst, '*')
	}
	for _, c := range compound {
		if len(text) > len(c) && bytes.HasPrefix(text, []byte(c)) {
			return append(append(dst, c...), '*')
		}
	}
	return append(append(dst, text[:first]...), '*')
}
