-- name: audit.quarantine_counted
-- kind: table
-- label: 隔离与台账一致
-- description: Where the ledger counts quarantined records there are entries, and not more of them; the same bad record that comes again keeps one entry. Tables with replays are excepted, for a record that has become good leaves the quarantine.
-- owner: data
-- reads: load.ledger, load.quarantine
WITH counted AS (
  SELECT source, source_table, sum(quarantined)::BIGINT AS quarantined FROM load.ledger GROUP BY source, source_table HAVING bool_and(kind = 'live')
), kept AS (
  SELECT source, source_table, count(*) AS entries FROM load.quarantine WHERE kind <> 'cell' GROUP BY ALL
)
SELECT c.source, c.source_table, c.quarantined, coalesce(k.entries, 0) AS entries
FROM counted c LEFT JOIN kept k USING (source, source_table)
WHERE coalesce(k.entries, 0) > c.quarantined OR (c.quarantined > 0 AND k.entries IS NULL)
