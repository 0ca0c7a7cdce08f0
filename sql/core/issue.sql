-- name: core.issue
-- kind: table
-- label: 问题
-- description: Issues: one row a service request, until linkage tells which of them are about one problem.
-- grain: issue_id
-- owner: data
-- reads: core.service_request
-- roles: office analyst
-- column issue_id: 问题标识
-- column request_id: 首件诉求
-- column representative_title: 代表标题
-- column first_requested_at: 首次提出时刻（UTC）
-- column first_requested_on: 首次提出日期（当地）
-- column requests: 诉求件数
-- column channels: 渠道
-- column category_1: 一级类别
-- column community_id: 社区
SELECT 'i-' || substr(md5(id), 1, 16) AS issue_id, id AS request_id, title AS representative_title, requested_at AS first_requested_at, requested_on AS first_requested_on, 1::BIGINT AS requests, channel AS channels, category_1, community_id
FROM core.service_request
