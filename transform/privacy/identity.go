package privacy

import "huiliu/transform/entity"

// identityWeights and identityMarks are the check of GB 11643-1999 (ISO 7064
// MOD 11-2).
var identityWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const identityMarks = "10X98765432"

func identityCheck(first17 []byte) byte {
	sum := 0
	for i, w := range identityWeights {
		sum += int(first17[i]-'0') * w
	}
	return identityMarks[sum%11]
}

// IdentityValid reports whether a text is a citizen's identity number that
// can exist: 18 places with a right check (15 of the old form have none), and
// a birthday of the calendar. Full width, spaces and a small x are allowed.
// Whether it was ever given to anybody only its register knows.
func IdentityValid(text []byte) bool {
	var room [32]byte
	id := AppendNormal(room[:0], entity.IdentityNumber, text)
	if len(id) != 18 || !allDigits(id[:17]) || id[17] != identityCheck(id[:17]) || id[0] == '0' {
		return false
	}
	return calendarDay(number(id[6:10]), number(id[10:12]), number(id[12:14]))
}

func number(digits []byte) int {
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}

// calendarDay reports whether a day exists, between 1800 and 2199.
func calendarDay(year, month, day int) bool {
	if year < 1800 || year > 2199 || month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && (year%4 == 0 && year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}
