-- name: audit.links_lead_somewhere
-- kind: table
-- label: 关联有去处
-- description: Every link of a resident, organisation or building is that of a row there is, and every row of a register of residents or organisations, and every service request as an issue, has one.
-- owner: data
-- reads: core.link, staging.person, staging.benefit, staging.organisation, staging.building, staging.service_request, staging.inspection
WITH rows_there AS (
  SELECT 'person' AS entity, id FROM staging.person UNION ALL SELECT 'person', id FROM staging.benefit UNION ALL SELECT 'person', id FROM staging.service_request UNION ALL SELECT 'person', id FROM staging.organisation
  UNION ALL SELECT 'organisation', id FROM staging.organisation UNION ALL SELECT 'organisation', id FROM staging.inspection UNION ALL SELECT 'organisation', id FROM staging.service_request UNION ALL SELECT 'organisation', id FROM staging.benefit
  UNION ALL SELECT 'building', id FROM staging.building
)
SELECT l.entity, l.row_id, 'row' AS missing FROM (SELECT * FROM core.link WHERE entity NOT IN ('place', 'issue')) l ANTI JOIN rows_there r ON r.entity = l.entity AND r.id = l.row_id
UNION ALL
SELECT 'person', p.id, 'link' FROM staging.person p ANTI JOIN core.link l ON l.entity = 'person' AND l.row_id = p.id
UNION ALL
SELECT 'organisation', o.id, 'link' FROM staging.organisation o ANTI JOIN core.link l ON l.entity = 'organisation' AND l.row_id = o.id
UNION ALL
SELECT 'issue', q.id, 'link' FROM staging.service_request q ANTI JOIN core.link l ON l.entity = 'issue' AND l.row_id = q.id
