-- name: audit.issues_whole
-- kind: table
-- label: 诉求各归一个问题
-- description: Every request belongs to one issue, and every issue counts the requests that belong to it.
-- owner: data
-- reads: core.service_request, core.issue_member, core.issue
SELECT coalesce(r.id, m.id) AS id, coalesce(m.issue_id, i.issue_id) AS issue_id
FROM core.service_request r
FULL JOIN core.issue_member m ON m.id = r.id
FULL JOIN core.issue i ON i.issue_id = m.issue_id
WHERE r.id IS NULL OR m.id IS NULL OR i.issue_id IS NULL
  OR i.requests <> (SELECT count(*) FROM core.issue_member o WHERE o.issue_id = i.issue_id)
