package address

import "testing"

func TestNumbersInOneForm(t *testing.T) {
	for _, c := range []struct {
		kind      Kind
		say, want string
	}{
		{Building, "十二幢", "12"}, {Building, "１２号楼", "12"}, {Building, "第3栋", "3"}, {Building, "A座", "A"},
		{Building, "a1幢", "A1"}, {Building, "二十一栋", "21"}, {Building, "5#楼", "5"}, {Building, "号楼", "号楼"},
		{Building, "03幢", "3"}, {Building, "东楼", "东"},
		{Unit, "二单元", "2"}, {Unit, "甲单元", "甲"}, {Unit, "2", "2"}, {Unit, "单元", "单元"},
		{Room, "1001室", "1001"}, {Room, "0305", "305"}, {Room, "一〇二室", "102"}, {Room, "B203号", "B203"},
		{Floor, "十楼", "10"}, {Floor, "12F", "12"}, {Floor, "负一层", "-1"}, {Floor, "B1层", "-1"}, {Floor, "地下2层", "-2"},
		{Floor, "底楼", "1"}, {Floor, "3-5层", "3-5"},
		{Number, "100号附3号", "100-3"}, {Number, "100号之三", "100-3"}, {Number, "100-3号", "100-3"}, {Number, "12弄", "12弄"},
		{Number, "五组6号", "5组6"}, {Number, "12-18号", "12-18"},
		{Road, "江场三路", "江场三路"}, {Town, "云溪街道办事处", "云溪街道"}, {Grid, "第三网格", "3"},
	} {
		if got := normal(c.kind, c.say); got != c.want {
			t.Errorf("%s %s = %q, want %q", c.kind, c.say, got, c.want)
		}
	}
}

func TestChineseNumbers(t *testing.T) {
	for say, want := range map[string]string{
		"十": "10", "十五": "15", "二十": "20", "九十九": "99", "一百": "100", "一百零五": "105", "二百三十一": "231",
		"零": "0", "二〇八": "208", "百": "百", "十十": "十十", "一二三": "123", "三五十": "三五十",
	} {
		if got := plain(say); got != want {
			t.Errorf("%s = %q, want %q", say, got, want)
		}
	}
}

func TestFloorOfRoom(t *testing.T) {
	for room, want := range map[string]string{
		"501": "5", "1203": "12", "0305": "3", "A203": "2", "12": "", "1200": "", "12345": "", "": "", "甲": "", "501-2": "5",
	} {
		if got := floorOf(room); got != want {
			t.Errorf("room %s is on floor %q, want %q", room, got, want)
		}
	}
}
