-- name: audit.ledger_balances
-- kind: table
-- label: 台账平衡
-- description: The ledger balances on every line: each record has exactly one fate.
-- owner: data
-- reads: load.ledger
SELECT * FROM load.ledger
WHERE read + replayed <> new + changed + unchanged + superseded + deleted + quarantined + filtered
