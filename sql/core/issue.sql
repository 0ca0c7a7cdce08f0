-- name: core.issue
-- kind: table
-- label: 问题
-- description: Issues: one row for the requests that core.issue_member joins. The representative is the request most like the others; where it has no title, its title is the beginning of what it says, masked. Day, category, community and place are those of the first request, so that an issue counts once, in one month and at one place.
-- grain: issue_id
-- owner: data
-- reads: core.service_request, core.issue_member, load.link_issue
-- roles: office analyst
-- column issue_id: 问题标识
-- column request_id: 首件诉求
-- column representative_title: 代表标题
-- column first_requested_at: 首次提出时刻（UTC）
-- column first_requested_on: 首次提出日期（当地）
-- column last_requested_on: 最近一次提出日期（当地）
-- column requests: 诉求件数（件）
-- column representative_id: 代表诉求
-- column reporters: 诉求人数（人；未留姓名和电话的各算一人）
-- column channels: 渠道（多个以、分隔）
-- column category_1: 一级类别
-- column community_id: 社区
-- column place_rule: 首件的位置依据：point 自带坐标（约十米方格），building 楼栋编号，address 归一化地址，none 无可用位置，不归并
-- audit not_null: issue_id, request_id, requests, place_rule
-- audit related: request_id to core.service_request.id
-- audit related: community_id to ref.area.area_id
WITH gathered AS (
  SELECT m.issue_id, max(CASE WHEN m.place_in_line = 1 THEN m.id END) AS request_id, max(r.requested_on) AS last_requested_on, count(*) AS requests, string_agg(DISTINCT r.channel, '、' ORDER BY r.channel) AS channels, min(m.place_rule) AS place_rule
  FROM core.issue_member m JOIN core.service_request r ON r.id = m.id
  GROUP BY m.issue_id
)
SELECT g.issue_id, g.request_id, coalesce(i.representative, g.request_id) AS representative_id, coalesce(t.title, substr(t.description_mask, 1, 40)) AS representative_title,
  r.requested_at AS first_requested_at, r.requested_on AS first_requested_on, g.last_requested_on, g.requests, coalesce(i.reporters, g.requests) AS reporters, g.channels, r.category_1, r.community_id, g.place_rule
FROM gathered g JOIN core.service_request r ON r.id = g.request_id
LEFT JOIN load.link_issue i ON i.entity_id = g.issue_id
LEFT JOIN core.service_request t ON t.id = coalesce(i.representative, g.request_id)
