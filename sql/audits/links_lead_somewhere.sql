-- name: audit.links_lead_somewhere
-- kind: table
-- label: 关联有去处
-- description: Every link of a resident, organisation or building leads to a row of core, residents known only by a benefit excepted.
-- owner: data
-- reads: core.link, core.person, core.organisation, core.building, core.benefit
SELECT l.entity, l.entity_id, l.row_id
FROM core.link l
WHERE CASE l.entity
  WHEN 'person' THEN NOT EXISTS (FROM core.person p WHERE p.person_id = l.entity_id) AND NOT EXISTS (FROM core.benefit b WHERE b.person_id = l.entity_id)
  WHEN 'organisation' THEN NOT EXISTS (FROM core.organisation o WHERE o.organisation_id = l.entity_id)
  WHEN 'building' THEN NOT EXISTS (FROM core.building b WHERE b.building_id = l.entity_id)
  ELSE true END
