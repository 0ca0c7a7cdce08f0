-- name: mart.rectification_trend_district
-- publish: mart.rectification_trend
-- kind: table
-- label: 整改趋势（报区，小数隐去）
-- description: The trend as it leaves the house: by month only, for a week's counts are the differences of a month's; a month in which any count of a kind is between 1 and 4 has none of that kind's counts.
-- grain: kind, period_kind, period_start
-- owner: data
-- reads: mart.rectification_trend
-- roles: district
-- column kind: 类型：service_request 诉求，rectification 整改，hazard 隐患
-- column period_kind: 周期：month 月
-- column period_start: 周期首日
-- column opened: 新增（件）
-- column closed: 办结（件，有办结日期的）
-- column on_time: 本期新增中按期（件）
-- column overdue: 本期新增中逾期（件）
-- column reopened: 本期新增中有返工（件）
-- column backlog: 期末未结（件；来源不给办结日期时为空）
-- column suppressed: 因数量过小而隐去
-- audit not_null: suppressed
WITH marked AS (
  SELECT *, opened BETWEEN 1 AND 4 OR closed BETWEEN 1 AND 4 OR on_time BETWEEN 1 AND 4 OR overdue BETWEEN 1 AND 4 OR reopened BETWEEN 1 AND 4 OR coalesce(backlog BETWEEN 1 AND 4, false) AS suppressed
  FROM mart.rectification_trend WHERE period_kind = 'month'
)
SELECT kind, period_kind, period_start, CASE WHEN NOT suppressed THEN opened END AS opened, CASE WHEN NOT suppressed THEN closed END AS closed,
  CASE WHEN NOT suppressed THEN on_time END AS on_time, CASE WHEN NOT suppressed THEN overdue END AS overdue, CASE WHEN NOT suppressed THEN reopened END AS reopened,
  CASE WHEN NOT suppressed THEN backlog END AS backlog, suppressed
FROM marked
