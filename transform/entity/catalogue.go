package entity

// What many entities have in common.
var (
	community     = Attribute{Name: "community", Kind: Category, Label: "社区名称"}
	communityCode = Attribute{Name: "community_code", Kind: Category, Label: "社区编码"}
	grid          = Attribute{Name: "grid", Kind: Category, Label: "网格"}
	buildingNo    = Attribute{Name: "building_no", Kind: Text, Label: "楼栋编号"}
	creditCode    = Attribute{Name: "credit_code", Kind: Text, Label: "统一社会信用代码"}
	point         = Attribute{Name: "point", Kind: Point, Label: "位置"}
	home          = Attribute{Name: "home", Kind: Home, Label: "居住位置"}
	status        = Attribute{Name: "status", Kind: Category, Label: "状态"}
	address       = Attribute{Name: "address", Kind: Text, Tag: Address, Label: "地址"}
)

func text(name, label string) Attribute { return Attribute{Name: name, Kind: Text, Label: label} }
func category(name, label string) Attribute {
	return Attribute{Name: name, Kind: Category, Label: label}
}
func instant(name, label string) Attribute { return Attribute{Name: name, Kind: Instant, Label: label} }
func day(name, label string) Attribute     { return Attribute{Name: name, Kind: Day, Label: label} }
func flag(name, label string) Attribute    { return Attribute{Name: name, Kind: Bool, Label: label} }
func count(name, label, unit string) Attribute {
	return Attribute{Name: name, Kind: Int, Label: label, Unit: unit}
}
func amount(name, label, unit string) Attribute {
	return Attribute{Name: name, Kind: Decimal, Label: label, Unit: unit}
}
func personal(name, label string, tag Tag) Attribute {
	return Attribute{Name: name, Kind: Text, Tag: tag, Label: label}
}

// Types lists every entity in the order of the catalogue.
var Types = []Type{
	{Name: "person", Label: "居民", Attributes: []Attribute{
		text("person_no", "部门内编号"), personal("name", "姓名", PersonName), personal("identity_no", "身份证号", IdentityNumber),
		flag("identity_valid", "身份证号校验通过"), category("sex", "性别"), day("birth_date", "出生日期"), personal("phone", "电话", Phone), text("household_no", "户号"),
		personal("registered_address", "户籍地址", Address), personal("home_address", "居住地址", Address),
		buildingNo, community, communityCode, grid, home, category("register_status", "户籍状态（在册、迁出、死亡）"), instant("updated", "更新"),
	}, Events: []Event{{"registered", "登记"}, {"moved_away", "迁出"}, {"died", "死亡"}}},
	{Name: "place", Label: "地点", Attributes: []Attribute{
		text("place_no", "部门内编号"), text("name", "名称"), category("kind", "类别"), address, buildingNo, community, communityCode, grid, point,
	}},
	{Name: "building", Label: "楼栋", Attributes: []Attribute{
		buildingNo, text("name", "名称"), address, category("use", "用途"), category("structure", "结构"),
		count("built_year", "建成年份", "年"), count("floors", "层数", "层"), count("units", "户数", "户"), amount("floor_area", "建筑面积", "平方米"),
		count("lifts", "电梯数", "台"), category("safety_grade", "安全等级（A–D）"), day("graded_on", "鉴定日期"),
		amount("energy_use", "能耗", "千英热单位"), amount("emissions", "温室气体排放", "吨二氧化碳当量"),
		community, communityCode, grid, point, status,
	}, Events: []Event{{"graded", "鉴定"}}},
	{Name: "organisation", Label: "单位", Attributes: []Attribute{
		text("organisation_no", "部门内编号"), text("name", "名称"), creditCode, flag("credit_code_valid", "信用代码校验通过"), category("kind", "类型"), category("industry", "行业"),
		personal("representative", "法定代表人", PersonName), personal("phone", "电话", Phone),
		amount("capital", "注册资本", "万元"), category("capital_currency", "注册资本币种"), text("scope", "经营范围"), day("registered_on", "注册日期"), day("closed_on", "注销日期"),
		text("business_address", "注册地址"), buildingNo, community, communityCode, grid, point, status,
	}, Events: []Event{{"registered", "登记"}, {"closed", "注销"}}},
	{Name: "service_request", Label: "诉求与案件", Attributes: []Attribute{
		text("request_no", "编号"), text("origin_no", "转办来源编号"), category("channel", "渠道"), category("kind", "性质（投诉、咨询、建议等）"), category("category_code", "类别编码"),
		category("category_1", "一级类别"), category("category_2", "二级类别"), category("category_3", "三级类别"),
		text("title", "标题"), personal("description", "内容", FreeText), category("agency", "承办单位"), status,
		flag("on_time", "来源认定按期办结"), instant("requested", "提出"), instant("accepted", "受理"), instant("dispatched", "派单"), instant("responded", "首次响应"),
		instant("expected", "应办结"), instant("closed", "办结"), instant("updated", "更新"), count("reopened_times", "返工次数", "次"),
		count("supporters", "点赞数", "次"), count("opponents", "反对数", "次"),
		personal("reporter", "诉求人", PersonName), personal("reporter_phone", "诉求人电话", Phone), text("reporter_no", "来源匿名用户号"),
		address, text("place_name", "地点名称"), category("street", "街道"), community, communityCode, grid, buildingNo, point,
	}, Events: []Event{{"requested", "提出"}, {"accepted", "受理"}, {"dispatched", "派单"}, {"responded", "响应"}, {"paused", "挂账"}, {"resumed", "恢复"}, {"closed", "办结"}, {"reopened", "返工"}}},
	{Name: "inspection", Label: "检查", Attributes: []Attribute{
		text("inspection_no", "编号"), category("inspector", "检查单位"), category("object_kind", "对象类型"), text("object_no", "对象编号"), text("object_name", "对象名称"), creditCode, buildingNo,
		category("topic", "事项"), instant("inspected", "检查"), category("result", "结果"), amount("score", "得分", "分"), count("findings", "发现问题数", "个"), personal("note", "情况说明", FreeText),
		community, communityCode, grid, point,
	}, Events: []Event{{"inspected", "检查"}}},
	{Name: "hazard", Label: "隐患与事件", Attributes: []Attribute{
		text("hazard_no", "编号"), category("kind", "类型"), category("level", "级别"), personal("description", "描述", FreeText), buildingNo, creditCode, text("organisation_name", "责任单位"), address,
		instant("found", "发现"), instant("due", "应整改"), instant("closed", "销号"), instant("updated", "更新"), status, community, communityCode, grid, point,
	}, Events: []Event{{"found", "发现"}, {"paused", "挂账"}, {"resumed", "恢复"}, {"closed", "销号"}, {"reopened", "复发"}}},
	{Name: "rectification", Label: "整改", Attributes: []Attribute{
		text("rectification_no", "编号"), category("origin_kind", "来源类型"), text("origin_no", "来源编号"), category("category", "类别"), category("level", "级别"), personal("problem", "问题", FreeText), category("agency", "责任单位"),
		instant("opened", "立项"), instant("due", "应完成"), instant("reported", "提交报告"), instant("closed", "销号"), instant("updated", "更新"), status, buildingNo, community, communityCode, grid, point,
	}, Events: []Event{{"opened", "立项"}, {"reported", "提交报告"}, {"paused", "挂账"}, {"resumed", "恢复"}, {"closed", "销号"}, {"reopened", "复发"}}},
	{Name: "project", Label: "项目", Attributes: []Attribute{
		text("project_no", "编号"), text("name", "名称"), category("kind", "类别"), category("agency", "责任单位"), text("description", "说明"), amount("budget", "预算", "元"), amount("committed", "已落实", "元"), amount("spent", "已支出", "元"), category("currency", "币种"),
		amount("progress", "形象进度", "%"), day("applied_on", "申请日期"), day("started_on", "开工日期"), day("due_on", "应完工日期"), day("finished_on", "完工日期"), category("period", "期间"), status,
		amount("floor_area", "面积", "平方米"), count("housing_units", "住房套数", "套"), text("site_address", "项目地址"), buildingNo, community, communityCode, grid, point,
	}, Events: []Event{{"applied", "申请"}, {"started", "开工"}, {"finished", "完工"}}},
	{Name: "benefit", Label: "待遇与服务", Attributes: []Attribute{
		text("benefit_no", "编号"), category("scheme", "项目"), category("kind", "类别"), personal("name", "姓名", PersonName), personal("identity_no", "身份证号", IdentityNumber), flag("identity_valid", "身份证号校验通过"), day("birth_date", "出生日期"), personal("phone", "电话", Phone),
		personal("home_address", "居住地址", Address), buildingNo, amount("amount", "金额", "元"), category("level", "等级"), category("provider", "服务机构"), day("granted_on", "起始日期"), day("ended_on", "终止日期"), day("served_on", "服务日期"), category("period", "期间"), status,
		community, communityCode, grid, home,
	}, Events: []Event{{"granted", "享受"}, {"served", "服务"}, {"ended", "终止"}}},
	{Name: "observation", Label: "监测", Attributes: []Attribute{
		category("station", "站点"), category("metric", "指标"), instant("observed", "观测"), amount("value", "数值", ""), category("unit", "单位"), category("quality", "质量标记"), community, communityCode, grid, point,
	}},
	{Name: "evaluation", Label: "评价", Attributes: []Attribute{
		text("evaluation_no", "编号"), category("object_kind", "对象类型"), text("object_no", "对象编号"), category("method", "方式"), category("rater", "评价主体"), instant("evaluated", "评价"), flag("reached", "是否联系上"), flag("resolved", "是否解决"),
		amount("score", "得分", "分"), category("answer", "评价结果"), personal("note", "意见", FreeText), category("agency", "被评单位"), community, communityCode, grid,
	}, Events: []Event{{"evaluated", "评价"}}},
	{Name: "area", Label: "区划", Reference: true, Attributes: []Attribute{
		category("area_code", "编码"), category("name", "名称"), category("level", "层级（district、street、community、grid）"), category("parent_code", "上级编码"), text("aliases", "别名（以|分隔）"), point, text("boundary", "边界（WKT，WGS 84）"), category("version", "版本"), day("valid_from", "启用日期"),
	}},
	{Name: "population", Label: "人口", Reference: true, Attributes: []Attribute{
		category("area_code", "区划编码"), day("as_of", "截至日期"), count("residents", "常住人口", "人"), count("households", "户数", "户"), count("adults", "成年人口", "人"), count("elderly", "60 岁及以上", "人"), count("children", "3 岁以下", "人"), category("version", "版本"),
	}},
	{Name: "taxonomy", Label: "分类目录", Reference: true, Attributes: []Attribute{
		category("scheme", "目录"), category("code", "编码"), text("name", "名称"), category("parent_code", "上级编码"), count("level", "层级", ""), category("version", "版本"), day("valid_from", "启用日期"),
	}},
}
