-- name: ref.crosscheck_rule
-- kind: table
-- label: 跨部门比对规则
-- description: What is compared between departments, by version: each rule says what it looks for, by which key, and how grave it is. The newest version in force finds; those before it stay, so that what people said of their findings is counted where it belongs.
-- grain: rule, version
-- owner: data
-- roles: office analyst
-- column rule: 规则编号
-- column version: 版本
-- column valid_from: 启用日期
-- column severity: 程度：high 高，middle 中，low 低
-- column title: 名称
-- column key: 关联依据
-- column explanation: 说明
-- audit not_null: rule, version, valid_from, severity, title, key, explanation
-- audit accepted: severity in high, middle, low
SELECT rule, version, valid_from::DATE AS valid_from, severity, title, key, explanation
FROM (VALUES
  ('graded_unlisted', '2', '2018-01-01', 'high', '危房未列入隐患台账', '楼栋编号或地址所指地点', '住建鉴定为 C、D 级，应急隐患台账中没有该楼栋的房屋结构隐患'),
  ('graded_unlisted', '3', '2018-01-01', 'high', '危房未列入隐患台账', '楼栋编号或地址所指地点', '住建鉴定为 C、D 级，应急隐患台账中没有该楼栋的房屋结构隐患；同一楼栋的各条记录合为一件'),
  ('closed_but_reported', '2', '2018-01-01', 'high', '隐患销号后仍有投诉', '楼栋编号或地址所指地点', '应急已销号的房屋结构隐患，同一楼栋此后又有房屋安全类诉求'),
  ('closed_but_reported', '3', '2018-01-01', 'high', '隐患销号后仍有投诉', '楼栋编号或地址所指地点', '应急已销号的房屋结构隐患，同一楼栋此后又有房屋安全类诉求；一处隐患的各件诉求合为一件'),
  ('reported_unlisted', '2', '2018-01-01', 'middle', '多次投诉而未列隐患', '楼栋编号或地址所指地点', '一年内同一楼栋有三件及以上房屋安全类诉求，住建鉴定为 A、B 级，应急隐患台账中没有该楼栋的房屋结构隐患'),
  ('reported_unlisted', '3', '2018-01-01', 'middle', '多人投诉而未列隐患', '楼栋编号或地址所指地点、人员关联', '一年内有三人及以上反映同一楼栋的房屋安全（同一人多次反映只计一人；未留姓名和电话的按件计），住建鉴定为 A、B 级，应急隐患台账中没有该楼栋的房屋结构隐患'),
  ('paid_after_leaving', '2', '2018-01-01', 'high', '已迁出或死亡仍在保', '人员关联', '公安户籍为迁出、死亡或注销，民政社会救助仍为在保'),
  ('permit_without_licence', '1', '2018-01-01', 'high', '执照已注销仍持有效许可', '单位关联（统一社会信用代码或名称地址）', '市场监管登记为注销或吊销，其他部门的许可仍为有效且未到期'),
  ('barrier_free_missing', '1', '2018-01-01', 'middle', '无障碍改造逾期未做', '人员关联', '残疾人证有效、无障碍改造已批准并已过应完成日期，没有该项完工记录；公安登记为死亡或已迁出的除外'),
  ('finished_but_reported', '1', '2018-01-01', 'middle', '项目已完工仍有投诉', '楼栋编号或地址所指地点、问题归并', '项目完工后一年内，同一楼栋就该项目所应解决的事项又有两个及以上问题被反映（多人反映同一问题只计一个）'),
  ('identity_disagrees', '1', '2018-01-01', 'middle', '人员身份信息不一致', '实体关联', '两个部门所记同一人的姓名、身份证号、性别或出生日期不一致，请核对更正'),
  ('building_disagrees', '1', '2018-01-01', 'low', '楼栋信息不一致', '实体关联', '两个部门所记同一楼栋的信息不一致，请核对更正'),
  ('organisation_disagrees', '1', '2018-01-01', 'low', '单位登记信息不一致', '实体关联', '两个部门所记同一单位的信息不一致，请核对更正')
) AS v(rule, version, valid_from, severity, title, key, explanation)
