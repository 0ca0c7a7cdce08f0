package pair

import "strings"

// kinds are what the last words of an address say it is; the first list that
// fits counts.
var kinds = []struct {
	name    string
	endings []string
}{
	{"division", []string{"省", "市", "区县", "镇", "乡", "街道", "县"}},
	{"village", []string{"村", "社区", "屯", "庄", "寨", "坪", "组", "队", "村委会", "居委会"}},
	{"road", []string{"路", "街", "道", "巷", "胡同", "线", "弄", "段", "高速"}},
	{"crossing", []string{"交叉口", "路口"}},
	{"gate", []string{"门", "入口", "出口", "出入口", "通道"}},
	{"estate", []string{"小区", "花园", "家园", "园", "城", "府", "湾", "庭", "里", "公寓", "新村", "区", "期", "华庭", "名邸", "佳园", "公馆"}},
	{"building", []string{"幢", "单元", "大厦", "大楼", "楼", "广场", "中心", "座"}},
	{"floor", []string{"层", "室", "厅"}},
	{"company", []string{"公司", "厂", "集团", "企业", "工厂", "物流", "仓库", "工业园"}},
	{"school", []string{"学校", "小学", "中学", "大学", "学院", "幼儿园", "校区"}},
	{"health", []string{"医院", "诊所", "药店", "药房", "卫生院", "卫生室"}},
	{"office", []string{"局", "所", "政府", "委员会", "法院", "派出所", "站"}},
	{"bank", []string{"银行", "支行", "分行", "自助银行", "储蓄所", "atm"}},
	{"shop", []string{"店", "超市", "商行", "市场", "商场", "馆", "行", "吧", "城", "部", "门市", "商店", "便利店", "餐厅", "酒店", "宾馆"}},
	{"number", []string{"号"}},
}

// kindOf numbers what an address ends as, brackets at its end left out; the
// longest ending decides, 0 is none.
func kindOf(normal string) int {
	if i := strings.LastIndexByte(normal, '('); i > 0 {
		normal = normal[:i]
	}
	best, kind := 0, 0
	for k, list := range kinds {
		for _, e := range list.endings {
			if len(e) > best && strings.HasSuffix(normal, e) {
				best, kind = len(e), k+1
			}
		}
	}
	return kind
}

// marks are words that say how an address tells its place.
var marks = []string{"米", "交叉口", "附近", "旁", "对面", "(", "公司", "店", "站", "停车场", "atm", "村", "小区", "大厦", "与", "东", "西", "南", "北"}

func (v *vector) kinds(a, b *Address) {
	x, y := kindOf(a.Normal), kindOf(b.Normal)
	v.put("kind first", float64(x))
	v.put("kind second", float64(y))
	v.flag("kinds equal", x == y)
	v.put("parts first", float64(len(a.Parts)))
	v.put("parts second", float64(len(b.Parts)))
	for _, m := range marks {
		n := 0.0
		if strings.Contains(a.Normal, m) {
			n++
		}
		if strings.Contains(b.Normal, m) {
			n += 2
		}
		v.put("has "+m, n)
	}
	aside := overlap(a.grams[1], b.zones[Aside])
	v.put("second's brackets rarest alone", unless(len(b.zones[Aside]) == 0, aside.rarestSecond))
}
