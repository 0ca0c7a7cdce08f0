package issue

import (
	"slices"
	"strconv"
	"strings"

	"huiliu/internal/textsim"
)

// suffixes are the words that end the name of a place in Chinese, the longer
// before the shorter that they contain. A name of a place is found by its
// suffix and the two or three characters before it, since where a Chinese
// name begins can't be told without a list of names.
var suffixes = byLast(strings.Fields(`
	职业技术学院 技术学院 职业学校 专业学校 实验学校 培训学校 安置小区 小区 社区 新村 新城 花园 花苑 家园 公寓 广场 大厦 中心 公园 山庄 别墅 国际 名邸 华庭 公馆
	学校 中学 小学 大学 学院 幼儿园 医院 市场 商场 酒店 宾馆 工业园 产业园 科技园 农贸市场
	大道 大街 胡同 路口 立交 地铁站 车站 高铁站 公交站 水库 工地 楼盘 安置房 棚改 商城 影城
	路 街 巷 村 苑 园 城 府 湾 庭 郡 弄 桥 站 墅 邸 厦 组 厂 庄 岭 坪 塘 湖 洲`))

// stretches are the last characters of what is longer or wider than a compound:
// roads, villages, communities, waters.
const stretches = "路街道巷村桥站湖岭坪塘洲组口区"

// areas are the words that end the name of an area too wide to be a place of
// one problem; what stands before them is no part of a place's name.
const areas = "省市区县镇乡"

// hollow are the characters that don't belong to names: a string that holds
// one before its suffix, such as 在的小区 or 我们小区, names nothing.
const hollow = "的在是我们你他她这那该本此某各个每有和与及或等到从向往对为被把了着过不没很最更都也就又还再要请求能会让给来去将由于以因所其之什么哪怎附近旁边侧面对面周围一两二三几整全多无感谢请快住"

func byLast(words []string) map[rune][][]rune {
	out := map[rune][][]rune{}
	for _, w := range words {
		r := []rune(w)
		last := r[len(r)-1]
		out[last] = append(out[last], r)
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b []rune) int { return len(b) - len(a) })
	}
	return out
}

// place is a name of a place as a text gives it; see name.
type place struct {
	gram, tail textsim.Gram
	word       string
	numbered   bool
	stretch    bool
}

// places appends the names of places in folded text, and marks in
// mask the runes that say where and not what. mask is as long as text.
func places(dst []place, text []rune, mask []bool) []place {
	for i := range text {
		maskArea(text, i, mask)
		maskNumber(text, i, mask)
		begin := i + 1
		for n := suffixAt(text, begin-1); n > 0; n = suffixAt(text, begin-1) {
			begin -= n // 花园小区 is one suffix: 花园 is no name
		}
		if begin > i || plain(text, i) || i+1 < len(text) && strings.ContainsRune(follow[text[i]], text[i+1]) {
			continue
		}
		named := 0
		for before := 1; before <= 3 && inName(text, begin-before); before++ {
			named = before
			if before >= 2 {
				name := text[begin-before : i+1]
				p := place{gram: textsim.HashRunes(name), word: string(name), stretch: stretched(text[:i+1])}
				if before > 2 {
					p.tail = dst[len(dst)-1].gram
				}
				dst = append(dst, p)
			}
		}
		if named < 2 {
			continue
		}
		for k := begin - named; k <= i; k++ {
			mask[k] = true
		}
		if number := houseNumber(text[i+1:]); number > 0 {
			name := append(slices.Clone(text[begin-2:i+1]), []rune(strconv.Itoa(number))...)
			tail := textsim.HashRunes(text[begin-2 : i+1])
			dst = append(dst, place{gram: textsim.HashRunes(name), tail: tail, word: string(name), numbered: true})
		}
	}
	return dst
}

const chineseDigits = "零一二三四五六七八九"

// houseNumber reads the number that text begins with, in Arabic or Chinese
// numerals up to 99, or digit by digit; 0 when there is none under a million,
// and for the number of a building phase, 一期.
func houseNumber(text []rune) int {
	n, digits := 0, 0
	for _, r := range text {
		d := -1
		switch at := strings.IndexRune(chineseDigits, r); {
		case r >= '0' && r <= '9':
			d = int(r - '0')
		case at >= 0:
			d = at / len("零")
		case r == '十' && n == 0:
			n, digits = 1, digits+1 // 十二 is 12
			continue
		case r == '十' && n < 10 && digits == 1:
			continue // 三十二 reads as 32; 三十 is mended below
		}
		if d < 0 {
			break
		}
		if n, digits = n*10+d, digits+1; n >= 1_000_000 {
			return 0
		}
	}
	return tens(text, n)
}

// tens mends a number that ends in 十, as 二十 does, and drops that of a phase.
func tens(text []rune, n int) int {
	end := 0
	for end < len(text) && strings.ContainsRune(chineseDigits+"十0123456789", text[end]) {
		end++
	}
	switch {
	case end < len(text) && text[end] == '期':
		return 0
	case end > 0 && text[end-1] == '十':
		return n * 10
	}
	return n
}

// stretched reports whether a name is that of a stretch. 小区 ends as 社区 does,
// and is a compound.
func stretched(name []rune) bool {
	n := len(name)
	return strings.ContainsRune(stretches, name[n-1]) && (n < 2 || string(name[n-2:]) != "小区")
}

// plainWords end like a place and are none.
var plainWords = byLast(strings.Fields(`
	道路 公路 马路 铁路 线路 电路 网路 出路 铺路 修路 走路 半路 让路 堵路 占道 道口
	政府 市府 家庭 开庭 法庭 出庭 公里 这里 那里 哪里 手里 家里 心里 邻居 定居 安居 移居 居民
	农村 乡村 全村 进村 县城 全城 进城 商城 中心城 小组 工厂 分组 县里 市里 村里 养老院 医学院
	丁字路口 十字路口 三岔路口 交叉路口 首末站 人行天桥 过街天桥 普惠性幼儿园 普惠幼儿园
	法院 校园 幼园 园林 住宅小区 业主小区 物业小区 国家中心 商业中心 购物中心
	垃圾站 中转站 回收站 变电站 配电站 换热站 泵站 基站 网站
	服务中心 活动中心 管理中心 培训中心 公办学校 民办学校 村级公路`))

// follow are characters after a suffix that make another word of it: 组织, 城市,
// 街道.
var follow = map[rune]string{
	'组': "织建成员合长委团", '城': "市管乡镇际里", '街': "道办", '路': "线由", '站': "点位立在", '厂': "家商",
	'湖': "南北", '园': "林丁", '岭': "南东", '庭': "院审", '桥': "梁",
	'心': "理情里", '场': "所面合", '际': "上", '厦': "门",
}

// plain reports whether a plain word ends at i.
func plain(text []rune, i int) bool {
	for _, w := range plainWords[text[i]] {
		if begin := i + 1 - len(w); begin >= 0 && slices.Equal(text[begin:i+1], w) {
			return true
		}
	}
	return false
}

// maskNumber marks a number before a word for a part of a place: 12号, 三幢,
// 2单元.
func maskNumber(text []rune, i int, mask []bool) {
	if !strings.ContainsRune("号幢栋楼座单室弄期组队巷层", text[i]) {
		return
	}
	begin := i
	for begin > 0 && (text[begin-1] >= '0' && text[begin-1] <= '9' || strings.ContainsRune("零一二三四五六七八九十百", text[begin-1])) {
		begin--
	}
	for k := begin; k < i; k++ {
		mask[k], mask[i] = true, true
	}
}

// maskNames marks the pairs of characters in a text that stand in the name of a
// place or in the address: what is named 丽湖小区 in the title is 丽湖 in the
// body, and the name must not pass for a common problem.
func maskNames(names []place, address, text []rune, mask []bool) {
	inName := map[[2]rune]bool{}
	add := func(r []rune) {
		for i := range len(r) - 1 {
			inName[[2]rune{r[i], r[i+1]}] = true
		}
	}
	for _, p := range names {
		add([]rune(p.word))
	}
	add(address)
	for i := range len(text) - 1 {
		if inName[[2]rune{text[i], text[i+1]}] {
			mask[i], mask[i+1] = true, true
		}
	}
}

// suffixAt is the length of the longest suffix that ends at i, 0 for none.
func suffixAt(text []rune, i int) int {
	if i < 0 {
		return 0
	}
	for _, s := range suffixes[text[i]] {
		if begin := i + 1 - len(s); begin >= 0 && slices.Equal(text[begin:i+1], s) {
			return len(s)
		}
	}
	return 0
}

func inName(text []rune, i int) bool {
	return i >= 0 && text[i] >= 0x4e00 && text[i] <= 0x9fff &&
		!strings.ContainsRune(hollow, text[i]) && !strings.ContainsRune(areas, text[i])
}

// maskArea marks what names an area: A3区, 清河区, 西湖镇, 云溪街道.
func maskArea(text []rune, i int, mask []bool) {
	if !strings.ContainsRune(areas, text[i]) && (text[i] != '道' || i == 0 || text[i-1] != '街') {
		return
	}
	if i > 0 && strings.ContainsRune("小社园校景片库城农", text[i-1]) {
		return // 小区 and 城市 are no areas
	}
	begin := i
	for begin > 0 && begin > i-3 && text[begin-1] != 0 && text[begin-1] < 0x2e80 {
		begin-- // a letter and a number, as in sets whose names are hidden
	}
	if begin == i {
		begin = max(0, i-2)
	}
	for k := begin; k <= i; k++ {
		mask[k] = true
	}
}
