-- name: audit.communities_known
-- kind: warn
-- label: 社区可对应
-- description: Communities that departments name are areas of the site.
-- owner: data
-- reads: core.service_request, core.hazard, core.rectification, core.inspection, ref.area
WITH named AS (
  SELECT source, community_code, community FROM core.service_request WHERE community_state = 'unknown'
  UNION ALL SELECT source, community_code, community FROM core.hazard WHERE community_state = 'unknown'
  UNION ALL SELECT source, community_code, community FROM core.rectification WHERE community_state = 'unknown'
  UNION ALL SELECT source, community_code, community FROM core.inspection WHERE community_state = 'unknown'
)
SELECT DISTINCT source, community_code, community FROM named
WHERE EXISTS (FROM ref.area WHERE level = 'community')
