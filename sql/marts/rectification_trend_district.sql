-- name: mart.rectification_trend_district
-- publish: mart.rectification_trend
-- kind: table
-- label: 整改趋势（报区，小数隐去）
-- description: The trend as it leaves the house: by month only, for a week's counts are the differences of a month's; a month in which any count of a kind is between 1 and 4 has none of that kind's counts, nor what could be reckoned back to them. A backlog of 1 to 4 takes the month behind it along: that month's backlog less what it opened and closed is the one before.
-- grain: kind, period_kind, period_start
-- owner: data
-- reads: mart.rectification_trend
-- roles: district
-- column kind: 类型：service_request 诉求，rectification 整改，hazard 隐患
-- column period_kind: 周期：month 月
-- column period_start: 周期首日
-- column opened: 新增（件）
-- column closed: 办结（件，有办结日期的）
-- column due: 期内到期（件）
-- column on_time: 期内到期中按期（件）
-- column overdue: 期内到期中逾期（件）
-- column reopened: 本期新增中有返工（件）
-- column backlog: 期末未结（件；来源不给办结日期时为空）
-- column on_time_share: 按期率（按期件数除以到期件数）
-- column on_time_low: 按期率 95% 区间下限（Wilson）
-- column on_time_high: 按期率 95% 区间上限（Wilson）
-- column median_days: 办结用时中位数（天，未结的按删失处理）
-- column median_low: 中位数 95% 区间下限（天）
-- column median_high: 中位数 95% 区间上限（天；为空表示尚不能确定）
-- column class: 数据状况：ok 可用，not_enough 数据不足，no_closings 来源不给办结日期
-- column suppressed: 因数量过小而隐去
-- audit not_null: suppressed
WITH small AS (
  SELECT *, opened BETWEEN 1 AND 4 OR closed BETWEEN 1 AND 4 OR due BETWEEN 1 AND 4 OR on_time BETWEEN 1 AND 4 OR overdue BETWEEN 1 AND 4 OR reopened BETWEEN 1 AND 4 OR coalesce(backlog BETWEEN 1 AND 4, false) AS small,
    lag(coalesce(backlog BETWEEN 1 AND 4, false), 1, false) OVER (PARTITION BY kind ORDER BY period_start) AS small_before
  FROM mart.rectification_trend WHERE period_kind = 'month'
), marked AS (
  SELECT *, small OR small_before AS suppressed FROM small
)
SELECT kind, period_kind, period_start, CASE WHEN NOT suppressed THEN opened END AS opened, CASE WHEN NOT suppressed THEN closed END AS closed, CASE WHEN NOT suppressed THEN due END AS due,
  CASE WHEN NOT suppressed THEN on_time END AS on_time, CASE WHEN NOT suppressed THEN overdue END AS overdue, CASE WHEN NOT suppressed THEN reopened END AS reopened,
  CASE WHEN NOT suppressed THEN backlog END AS backlog,
  CASE WHEN NOT suppressed THEN on_time_share END AS on_time_share, CASE WHEN NOT suppressed THEN on_time_low END AS on_time_low, CASE WHEN NOT suppressed THEN on_time_high END AS on_time_high,
  CASE WHEN NOT suppressed THEN median_days END AS median_days, CASE WHEN NOT suppressed THEN median_low END AS median_low, CASE WHEN NOT suppressed THEN median_high END AS median_high,
  class, suppressed
FROM marked
