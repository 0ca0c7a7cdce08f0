-- name: audit.indicators_withheld
-- kind: table
-- label: 报区指标没有小数
-- description: Whatever chose the rows, no indicator that leaves the house has a 1 to 4 in its counts or between them, is of a community, or of a quarter or year that has numbers.
-- owner: data
-- reads: mart.indicator_district
SELECT code, part, counted, period, area, numerator, denominator FROM mart.indicator_district
WHERE numerator BETWEEN 1 AND 4 OR denominator BETWEEN 1 AND 4 OR denominator - numerator BETWEEN 1 AND 4 OR suppressed AND (value IS NOT NULL OR class IS NOT NULL)
  OR area <> 'street' OR period_kind <> 'month' AND (numerator IS NOT NULL OR value IS NOT NULL)
