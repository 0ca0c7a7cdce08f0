-- name: mart.indicator
-- kind: table
-- label: 指标
-- description: Every indicator of ref.indicator by period and area, each measure of it: what stands behind it, its value with a 95 % interval, and whether it meets its target. A share is of what fell due in the period. Under 30 cases the count stands without a value and is not judged; a period that is not over has a value and is not judged. An indicator that the data do not give stands for the street with the last period and the running one, and says what is missing. Figures are those of mart.indicator_figure, each of its cases is in mart.indicator_case.
-- grain: code, part, counted, period_kind, period_from, area
-- owner: data
-- reads: ref.indicator, ref.indicator_measure, ref.area, ref.population, mart.indicator_figure
-- roles: office analyst
-- column code: 指标编号
-- column version: 口径版本
-- column list: 清单：述职，社区检查
-- column name: 指标名称
-- column part: 另列项；空为指标本身
-- column counted: 计数单位：件，事（去重），处，起；尚无数据的为空
-- column period_kind: 周期：month 月，quarter 季，year 年
-- column period: 期间
-- column period_from: 期间首日
-- column period_until: 统计截至（期间末日；未完的为截止日）
-- column area: 区域：street 全街道，社区标识（ref.area 的 area_id），unknown 未注明社区
-- column area_name: 区域名称
-- column numerator: 分子（时长类为已结束的个案数；期末数、密度为个案数）
-- column denominator: 分母（时长类为全部个案数；密度为户数；期末数为空）
-- column value: 数值（按单位；占比为百分数）
-- column low: 95% 区间下限（占比 Wilson，时长 Brookmeyer–Crowley，密度 Garwood；其余为空）
-- column high: 95% 区间上限（为空表示没有或尚不能确定）
-- column unit: 单位
-- column class: 数据状况：ok 可用，not_enough 分母不足 30 只列个数，nothing_due 期内没有应计入的，not_yet_due 期限未满，undetermined 未结束的太多尚不能确定，no_denominator 没有分母，no_data 尚无数据
-- column target: 目标值
-- column target_op: 目标比较
-- column meets_target: 是否达标；没有目标、期间未完、数据不足的为空
-- column remark: 说明
-- column as_of: 数据截止日
-- audit not_null: code, version, list, name, part, period_kind, period, period_from, period_until, area, area_name, unit, class, remark, as_of
-- audit accepted: class in ok, not_enough, nothing_due, not_yet_due, undetermined, no_denominator, no_data
-- audit accepted: period_kind in month, quarter, year
WITH spans AS (
  SELECT 'month' AS period_kind, INTERVAL 1 MONTH AS span UNION ALL SELECT 'quarter', INTERVAL 3 MONTH UNION ALL SELECT 'year', INTERVAL 1 YEAR
), begun AS (
  SELECT s.period_kind, unnest(generate_series(coalesce((SELECT least(min(f.period_from), date_trunc(s.period_kind, getvariable('as_of'))::DATE) FROM mart.indicator_figure f WHERE f.period_kind = s.period_kind)::TIMESTAMP, date_trunc(s.period_kind, getvariable('as_of'))::TIMESTAMP - s.span), getvariable('as_of')::TIMESTAMP, s.span))::DATE AS period_from, s.span
  FROM spans s
), periods AS (
  SELECT period_kind, period_from, least((period_from + span)::DATE - 1, getvariable('as_of')) AS period_until, (period_from + span)::DATE - 1 <= getvariable('as_of') AS whole, period_from + 2 * span > getvariable('as_of') AS lately,
    CASE period_kind WHEN 'month' THEN strftime(period_from, '%Y-%m') WHEN 'quarter' THEN year(period_from) || 'Q' || quarter(period_from) ELSE year(period_from)::VARCHAR END AS period
  FROM begun
), versions AS (
  SELECT * EXCLUDE (class), row_number() OVER (PARTITION BY code ORDER BY valid_from) = 1 AS earliest, coalesce(lead(valid_from) OVER (PARTITION BY code ORDER BY valid_from), DATE '9999-12-31') AS valid_until FROM ref.indicator
), valid AS (
  SELECT v.*, p.* FROM versions v JOIN periods p ON (p.period_from >= v.valid_from OR v.earliest) AND p.period_from < v.valid_until
), areas AS (
  SELECT 'street' AS area, '全街道' AS area_name UNION ALL SELECT area_id, name FROM ref.area WHERE level = 'community'
), measures AS (
  SELECT code, version, part, counted, unit, shape, wait_days FROM ref.indicator_measure
  UNION ALL
  SELECT code, version, '', NULL, unit, NULL, NULL FROM ref.indicator i WHERE NOT EXISTS (FROM ref.indicator_measure m WHERE m.code = i.code AND m.version = i.version AND m.part = '')
), given AS (
  SELECT DISTINCT code, version, part, counted FROM mart.indicator_figure
), shown AS (
  SELECT v.* EXCLUDE (unit), m.part, m.counted, m.unit, m.shape, m.wait_days, a.area, a.area_name, true AS has_data
  FROM valid v JOIN ref.indicator_measure m USING (code, version) JOIN given g USING (code, version, part, counted) CROSS JOIN areas a
  UNION ALL
  SELECT v.* EXCLUDE (unit), m.part, m.counted, m.unit, m.shape, m.wait_days, 'unknown', '未注明社区', true
  FROM valid v JOIN ref.indicator_measure m USING (code, version) JOIN mart.indicator_figure f USING (code, version, part, counted, period_kind, period_from) WHERE f.area = 'unknown'
  UNION ALL
  SELECT v.* EXCLUDE (unit), m.part, m.counted, m.unit, m.shape, m.wait_days, 'street', '全街道', false
  FROM valid v JOIN measures m USING (code, version) LEFT JOIN given g ON g.code = m.code AND g.version = m.version AND g.part = m.part AND g.counted = m.counted
  WHERE g.code IS NULL AND v.lately AND (v.cycle = 'year') = (v.period_kind = 'year')
), households AS (
  SELECT p.period_kind, p.period_from, n.area_id AS area, n.households
  FROM periods p JOIN ref.population n ON n.as_of <= getvariable('as_of')
  QUALIFY row_number() OVER (PARTITION BY p.period_kind, p.period_from, n.area_id ORDER BY n.as_of > p.period_until, abs(n.as_of - p.period_until)) = 1
), lived AS (
  SELECT period_kind, period_from, area, households FROM households
  UNION ALL
  SELECT period_kind, period_from, 'street', CASE WHEN count(*) = count(households) THEN sum(households)::BIGINT END FROM households GROUP BY ALL
), figured AS (
  SELECT s.*, coalesce(f.cases, 0) AS cases, coalesce(f.hits, 0) AS hits, CASE WHEN f.code IS NULL AND s.shape IN ('stock', 'density') THEN 0 ELSE f.value END AS millionths, f.low, f.high, l.households,
    CASE s.shape WHEN 'share' THEN 0.0001 ELSE 0.000001 END AS scale
  FROM shown s
  LEFT JOIN mart.indicator_figure f USING (code, version, part, counted, period_kind, period_from, area)
  LEFT JOIN lived l ON s.shape = 'density' AND l.period_kind = s.period_kind AND l.period_from = s.period_from AND l.area = s.area
), classed AS (
  SELECT *, CASE WHEN NOT has_data THEN 'no_data'
    WHEN shape = 'stock' THEN 'ok'
    WHEN shape = 'density' THEN CASE WHEN coalesce(households, 0) <= 0 THEN 'no_denominator' WHEN households < 30 THEN 'not_enough' ELSE 'ok' END
    WHEN wait_days > 0 AND period_until + wait_days::INTEGER > getvariable('as_of') THEN 'not_yet_due'
    WHEN cases = 0 THEN 'nothing_due'
    WHEN shape = 'longest' THEN 'ok'
    WHEN cases < 30 THEN 'not_enough'
    WHEN millionths IS NULL THEN 'undetermined'
    ELSE 'ok' END AS class
  FROM figured
), valued AS (
  SELECT *, CASE WHEN class <> 'ok' THEN NULL WHEN shape = 'density' THEN (millionths * 0.001::DECIMAL(18,3) / households)::DECIMAL(18,2) ELSE (millionths * scale)::DECIMAL(18,2) END AS value,
    CASE WHEN class <> 'ok' THEN NULL WHEN shape = 'density' THEN (coalesce(low, 0) * 0.001::DECIMAL(18,3) / households)::DECIMAL(18,2) ELSE (low * scale)::DECIMAL(18,2) END AS lower_limit,
    CASE WHEN class <> 'ok' THEN NULL WHEN shape = 'density' THEN (coalesce(high, 3688879) * 0.001::DECIMAL(18,3) / households)::DECIMAL(18,2) ELSE (high * scale)::DECIMAL(18,2) END AS upper_limit
  FROM classed
)
SELECT code, version, list, name, part, counted, period_kind, period, period_from, period_until, area, area_name,
  CASE WHEN NOT has_data OR shape = 'longest' THEN NULL WHEN shape IN ('stock', 'density') THEN cases ELSE hits END AS numerator,
  CASE WHEN NOT has_data OR shape IN ('stock', 'longest') THEN NULL WHEN shape = 'density' THEN households ELSE cases END AS denominator,
  value, lower_limit AS low, upper_limit AS high, unit, class,
  CASE WHEN part = '' THEN target END AS target, CASE WHEN part = '' THEN target_op END AS target_op,
  CASE WHEN part = '' AND whole AND class = 'ok' THEN CASE target_op WHEN '>=' THEN value >= target WHEN '<=' THEN value <= target WHEN '=' THEN value = target END END AS meets_target,
  CASE class WHEN 'ok' THEN CASE WHEN whole THEN '可用' ELSE '期间未完，不评' END
    WHEN 'not_enough' THEN '分母不足 30，只列个数，不评'
    WHEN 'nothing_due' THEN '期内没有应计入的'
    WHEN 'not_yet_due' THEN '须满 ' || wait_days || ' 天才能计算，只列已满的个数'
    WHEN 'undetermined' THEN '未结束的太多，尚不能确定'
    WHEN 'no_denominator' THEN '没有分母：人口数据未给户数'
    ELSE '尚无数据：' || coalesce(missing, '来源没有给出有关记录') END AS remark,
  getvariable('as_of') AS as_of
FROM valued
