-- name: mart.indicator_district
-- publish: mart.indicator
-- kind: table
-- label: 指标（报区，小数隐去）
-- description: The indicators as they leave the house: the whole street by month alone. Communities stay inside, for nearly all their counts are small; so do quarters and years, for a month that is withheld would follow from a quarter less its other months. A number in whose counts, or in what is left between them, there is a 1 to 4 is withheld with all that could be reckoned back to it; a density is withheld always, for its issues less the heatmap's are those of one category. What stays has no sum in the house's other tables for the district but the trend's own due and on time, which stand or fall by the same bounds.
-- grain: code, part, counted, period_kind, period_from, area
-- owner: data
-- reads: mart.indicator, ref.indicator_measure
-- roles: district
-- column code: 指标编号
-- column version: 口径版本
-- column list: 清单：述职，社区检查
-- column name: 指标名称
-- column part: 另列项；空为指标本身
-- column counted: 计数单位：件，事（去重），处，起；尚无数据的为空
-- column period_kind: 周期：month 月；按年出数的指标为 year
-- column period: 期间
-- column period_from: 期间首日
-- column period_until: 统计截至
-- column area: 区域：street 全街道
-- column area_name: 区域名称
-- column numerator: 分子（隐去时为空）
-- column denominator: 分母（隐去时为空）
-- column value: 数值（隐去时为空）
-- column low: 95% 区间下限（隐去时为空）
-- column high: 95% 区间上限（隐去时为空）
-- column unit: 单位
-- column class: 数据状况，同街道所用（隐去时为空）
-- column target: 目标值
-- column target_op: 目标比较
-- column meets_target: 是否达标（隐去时为空）
-- column remark: 说明
-- column as_of: 数据截止日
-- column suppressed: 因数量过小而隐去
-- audit not_null: suppressed
WITH marked AS (
  SELECT i.*, m.shape, coalesce(i.numerator BETWEEN 1 AND 4, false) OR coalesce(i.denominator BETWEEN 1 AND 4, false) OR coalesce(i.denominator - i.numerator BETWEEN 1 AND 4, false) OR coalesce(m.shape = 'density' AND i.class <> 'no_data', false) AS small
  FROM mart.indicator i LEFT JOIN ref.indicator_measure m USING (code, version, part, counted)
  WHERE i.area = 'street' AND (i.period_kind = 'month' OR i.class = 'no_data' AND i.period_kind = 'year')
), joined AS (
  SELECT *, small OR coalesce(shape = 'longest', false) AND bool_or(small AND coalesce(shape = 'stock', false)) OVER (PARTITION BY code, counted, period_kind, period_from) AS suppressed FROM marked
)
SELECT code, version, list, name, part, counted, period_kind, period, period_from, period_until, area, area_name,
  CASE WHEN NOT suppressed THEN numerator END AS numerator, CASE WHEN NOT suppressed THEN denominator END AS denominator,
  CASE WHEN NOT suppressed THEN value END AS value, CASE WHEN NOT suppressed THEN low END AS low, CASE WHEN NOT suppressed THEN high END AS high, unit,
  CASE WHEN NOT suppressed THEN class END AS class, target, target_op, CASE WHEN NOT suppressed THEN meets_target END AS meets_target,
  CASE WHEN suppressed THEN '数量过小，隐去' ELSE remark END AS remark, as_of, suppressed
FROM joined
