-- name: ref.project_matter
-- kind: table
-- label: 项目类别与诉求事项对应
-- description: Which complaints tell that a finished project of a kind did not do what it was for, by the request's second or third category. A pair of a kind and a matter that neither department uses finds nothing.
-- grain: kind, matter
-- owner: data
-- roles: office analyst
-- column kind: 项目类别（core.project 的 kind）
-- column matter: 诉求事项（core.service_request 的二级或三级类别）
-- audit not_null: kind, matter
SELECT kind, matter
FROM (VALUES
  ('老旧小区改造', '房屋漏水'),
  ('老旧小区改造', '墙体开裂'),
  ('加装电梯', '电梯故障')
) AS v(kind, matter)
