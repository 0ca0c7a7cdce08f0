package address

// Kind says what a part of an address names.
type Kind uint8

// The kinds, from the largest to the smallest; those from Occupant on are no
// level of their own.
const (
	Country     Kind = iota
	Province         // 省, 自治区
	City             // 地级市, 直辖市, 自治州
	District         // 区, 县, 县级市
	Zone             // 开发区
	Town             // 街道, 镇, 乡
	Community        // 社区, 村
	Grid             // 网格
	Road             // 路, 街, 组
	SubRoad          // a second road off the first
	Number           // 门牌号
	SubNumber        // the number on the second road
	Compound         // 小区, 大厦, any point of interest
	SubCompound      // a part of a compound: 东区, 二期, 东门
	Building         // 幢, 栋, 座
	Unit             // 单元
	Floor            // 层, 楼
	Room             // 室
	Occupant         // who is inside: a firm, a shop
	Hint             // 附近, 对面
	Redundant        // repeated or empty of meaning
	Other
	kinds
)

var kindNames = [kinds]string{
	"country", "province", "city", "district", "zone", "town", "community", "grid", "road", "subroad", "number",
	"subnumber", "compound", "subcompound", "building", "unit", "floor", "room", "occupant", "hint", "redundant",
	"other",
}

// String is the kind's name in lower case, "unknown" for none.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// Part is a piece of an address. Text is as it was written; Start and End are
// byte offsets into it. Sure is the probability that exactly this part
// is one of this kind, from 0 to 1.
type Part struct {
	Kind       Kind
	Text       string
	Start, End int
	Sure       float64
}
