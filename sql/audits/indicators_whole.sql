-- name: audit.indicators_whole
-- kind: table
-- label: 指标齐全且自洽
-- description: Every indicator of the lists has a row; a share is between 0 and 100 % and within its interval, of no more than its denominator; a number that is told stands on enough; and the communities with what has none add up to the street.
-- owner: data
-- reads: ref.indicator, mart.indicator
SELECT code, '' AS part, NULL AS period, NULL AS area, 'no row' AS why FROM ref.indicator i WHERE NOT EXISTS (FROM mart.indicator m WHERE m.code = i.code)
UNION ALL
SELECT code, part, period, area, 'out of bounds' FROM mart.indicator
WHERE unit = '%' AND (value NOT BETWEEN 0 AND 100 OR numerator > denominator OR denominator < 30 AND value IS NOT NULL) OR value NOT BETWEEN coalesce(low, value) AND coalesce(high, value) OR numerator < 0 OR (value IS NULL) = (class = 'ok')
UNION ALL
SELECT code, part, period, NULL, 'areas differ from the street' FROM mart.indicator
WHERE class <> 'no_data'
GROUP BY code, part, counted, period_kind, period
HAVING coalesce(sum(numerator) FILTER (area = 'street'), 0) <> coalesce(sum(numerator) FILTER (area <> 'street'), 0)
  OR max(unit) = '%' AND sum(denominator) FILTER (area = 'street') <> sum(denominator) FILTER (area <> 'street')
