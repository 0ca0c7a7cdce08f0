-- name: audit.quarantine_counted
-- kind: table
-- label: 隔离与台账一致
-- description: A page's quarantine holds as many records as its ledger counts; pages that were replayed are excepted, for a record that has become good leaves the quarantine.
-- owner: data
-- reads: load.ledger, load.quarantine
WITH counted AS (
  SELECT source, page, sum(quarantined)::BIGINT AS quarantined FROM load.ledger GROUP BY source, page HAVING bool_and(kind = 'live')
), kept AS (
  SELECT source, page, count(*) AS entries FROM load.quarantine WHERE kind <> 'cell' GROUP BY ALL
)
SELECT c.source, c.page, c.quarantined, coalesce(k.entries, 0) AS entries
FROM counted c LEFT JOIN kept k USING (source, page)
WHERE c.quarantined <> coalesce(k.entries, 0)
