-- name: ref.indicator_measure
-- kind: table
-- label: 指标出数规则
-- description: How the indicators that the data give are counted, one row a number: an indicator's own (part is empty) and those its formula asks for beside it, each by requests (件) or by issues (事) where both are asked for. The event decides which rows of core and of the ledger are its cases and on which day a case counts, the hit which of them are in the numerator, the shape what is made of them. A scope that is empty takes all.
-- grain: code, version, part, counted
-- owner: data
-- reads: ref.indicator
-- roles: office analyst
-- column code: 指标编号
-- column version: 版本
-- column part: 另列项；空为指标本身
-- column counted: 计数单位：件，事（去重），处，起
-- column unit: 数值单位
-- column shape: 算法：share 占比，stock 期末数，longest 最长，mean 平均数，median 中位数，nine_tenths 九成分位数，density 每千户
-- column event: 计入依据：due 到期，opened 立项，called 回访，settled 办结已满期限，incident 突发事件，staged 分段时限，standing 期末未结，asked 提出
-- column hit: 分子：closed 已办结，on_time 按期，resolved 已解决，reached 已联系上，again 再次投诉，accepted 24 小时内受理，mended 30 日内整改
-- column kind: 台账类型：service_request，rectification，hazard
-- column origin: 整改来源类型
-- column source: 数据来源
-- column categories: 类别（多个以 | 分隔）
-- column wait_days: 须满多少天才计入
-- audit not_null: code, version, part, counted, unit, shape, event, wait_days
-- audit accepted: shape in share, stock, longest, mean, median, nine_tenths, density
SELECT m.code, m.version, m.part, m.counted, coalesce(m.unit, i.unit) AS unit, m.shape, m.event, m.hit, m.kind, m.origin, m.source, m.categories, m.wait_days::BIGINT AS wait_days
FROM (VALUES
  ('B1', '1', '', '件', NULL, 'share', 'due', 'closed', 'service_request', NULL, NULL, NULL, 0),
  ('B1', '1', '', '事', NULL, 'share', 'due', 'closed', 'service_request', NULL, NULL, NULL, 0),
  ('B1', '1', '按期办结率', '件', NULL, 'share', 'due', 'on_time', 'service_request', NULL, NULL, NULL, 0),
  ('B1', '1', '按期办结率', '事', NULL, 'share', 'due', 'on_time', 'service_request', NULL, NULL, NULL, 0),
  ('B2', '1', '24小时内受理', '件', NULL, 'share', 'staged', 'accepted', NULL, NULL, NULL, NULL, 0),
  ('B2', '1', '30日内整改', '件', NULL, 'share', 'staged', 'mended', NULL, NULL, NULL, NULL, 0),
  ('B5', '1', '', '件', NULL, 'share', 'called', 'resolved', NULL, NULL, NULL, NULL, 0),
  ('B5', '1', '', '事', NULL, 'share', 'called', 'resolved', NULL, NULL, NULL, NULL, 0),
  ('B5', '1', '回访成功率', '件', NULL, 'share', 'called', 'reached', NULL, NULL, NULL, NULL, 0),
  ('B6', '1', '', '件', NULL, 'share', 'settled', 'again', NULL, NULL, NULL, NULL, 90),
  ('B6', '1', '', '事', NULL, 'share', 'settled', 'again', NULL, NULL, NULL, NULL, 90),
  ('D1', '1', '', '处', NULL, 'share', 'due', 'on_time', 'hazard', NULL, NULL, NULL, 0),
  ('D3', '1', '', '起', NULL, 'mean', 'incident', NULL, NULL, NULL, NULL, NULL, 0),
  ('D3', '1', '中位数', '起', NULL, 'median', 'incident', NULL, NULL, NULL, NULL, NULL, 0),
  ('D3', '1', '九成分位数', '起', NULL, 'nine_tenths', 'incident', NULL, NULL, NULL, NULL, NULL, 0),
  ('E1', '1', '', '件', NULL, 'share', 'due', 'closed', 'rectification', '述职评议', NULL, NULL, 0),
  ('E2', '1', '', '件', NULL, 'median', 'opened', NULL, 'rectification', '述职评议', NULL, NULL, 0),
  ('E2', '1', '九成分位数', '件', NULL, 'nine_tenths', 'opened', NULL, 'rectification', '述职评议', NULL, NULL, 0),
  ('1.3', '1', '', '件', NULL, 'share', 'due', 'on_time', 'service_request', NULL, 'chengguan', '市容环卫', 0),
  ('1.4', '1', '', '件', NULL, 'share', 'settled', 'again', NULL, NULL, NULL, '市容环卫|环保水务', 90),
  ('1.4', '1', '', '事', NULL, 'share', 'settled', 'again', NULL, NULL, NULL, '市容环卫|环保水务', 90),
  ('3.2', '1', '', '处', NULL, 'share', 'due', 'closed', 'hazard', NULL, NULL, NULL, 0),
  ('3.3', '1', '', '处', NULL, 'stock', 'standing', NULL, NULL, NULL, NULL, NULL, 0),
  ('3.3', '1', '挂账最长天数', '处', '天', 'longest', 'standing', NULL, NULL, NULL, NULL, NULL, 0),
  ('4.3', '1', '', '事', NULL, 'density', 'asked', NULL, NULL, NULL, NULL, '物业服务', 0),
  ('6.4', '1', '', '件', NULL, 'share', 'due', 'on_time', 'rectification', '社区检查', NULL, NULL, 0),
  ('8.4', '1', '', '件', NULL, 'share', 'settled', 'again', NULL, NULL, NULL, NULL, 90),
  ('8.4', '1', '', '事', NULL, 'share', 'settled', 'again', NULL, NULL, NULL, NULL, 90)
) AS m(code, version, part, counted, unit, shape, event, hit, kind, origin, source, categories, wait_days)
JOIN ref.indicator i USING (code, version)
