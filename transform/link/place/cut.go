package place

import "strings"

// piece is a name and the number behind it with the number's unit: 天目园, 3,
// 幢. Each may be empty.
type piece struct{ name, run, unit string }

// partOfName are the units that belong to the name around them: 二期, 3区, 5组,
// 经7路.
var partOfName = []string{"期", "区", "组", "队", "排", "路", "街", "巷", "大道", "大街", "号线", "国道", "省道", "县道", "乡道", "段", "公里", "支"}

// units are what a number counts, longest first.
var units = []string{"号院", "号门", "单元", "号", "幢", "层", "室", "户", "弄", "米"}

// cut cuts an address in its normal spelling into pieces.
func cut(normal string) []piece {
	var out []piece
	s := []rune(normal)
	name := 0
	for i := 0; i < len(s); {
		if !alnum(s[i]) {
			i++
			continue
		}
		end, digits := i, false
		for end < len(s) && (alnum(s[end]) || s[end] == '-') {
			digits = digits || s[end] >= '0' && s[end] <= '9'
			end++
		}
		rest := string(s[end:min(len(s), end+3)])
		unit := first(rest, units)
		if first(rest, partOfName) != "" || !digits && unit != "幢" && unit != "号" {
			i = end
			continue
		}
		out = append(out, piece{string(s[name:i]), strings.Trim(string(s[i:end]), "-"), unit})
		i = end + len([]rune(unit))
		name = i
	}
	if name < len(s) {
		out = append(out, piece{name: string(s[name:])})
	}
	return out
}

func alnum(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' }

// first gives the first of the words that text begins with, "" for none.
func first(text string, words []string) string {
	for _, w := range words {
		if strings.HasPrefix(text, w) {
			return w
		}
	}
	return ""
}

// last gives the first of the words that text ends with, "" for none.
func last(text string, words []string) string {
	for _, w := range words {
		if strings.HasSuffix(text, w) {
			return w
		}
	}
	return ""
}

var (
	roadEnds = strings.Fields("大道 大街 公路 胡同 路 街 巷 弄 道")
	// areaEnds end the name of a division, communityEnds of a community.
	areaEnds      = strings.Fields("特别行政区 自治区 自治州 开发区 街道 省 市 区 县 镇 乡 旗")
	communityEnds = strings.Fields("居委会 村委会 社区")
	// compoundEnds end the name of a compound, as 苑 is spelled 园.
	compoundEnds = strings.Fields(`小区 花园 公寓 新村 家园 大厦 广场 中心 公馆 山庄 别墅 商城 市场 园区 学校 医院 学院 大楼 里 园 府 庭
		城 邸 轩 阁 坊 院 厂 居 湾 村 寓 楼 场 座`)
	// near are the words that tell a place by another one, at is what stands
	// before the place itself.
	near = strings.Fields("附近 对面 旁 周边 周围 斜对面 以东 以西 以南 以北 东侧 西侧 南侧 北侧 往东 往西 往南 往北")
	at   = strings.Fields("门口 门前 楼下 楼道 内 里面 处 大门口 院内")
	// void are names that name nothing.
	void = strings.Fields(`不详 未知 无 同上 本小区 小区 花园 公寓 新村 家园 大厦 广场 中心 公馆 本地 外地 门口 楼下 家 家中 其他
		空 暂无 未填 不明 见附件 社区 本社区 街道`)
)

// isRoad reports whether a name ends as a road's does; 街道 is a division.
func isRoad(name string) bool {
	return len([]rune(name)) > 1 && last(name, roadEnds) != "" && !strings.HasSuffix(name, "街道")
}
