-- name: core.link
-- kind: table
-- label: 关联
-- description: Why rows of several departments are one entity: here by sure keys alone, each with its rule.
-- grain: entity, row_id
-- owner: data
-- reads: staging.person, staging.benefit, staging.organisation, staging.building
-- roles: office analyst
-- column entity: 实体类型
-- column entity_id: 实体标识
-- column row_id: 来源行标识
-- column rule: 规则
-- column probability: 概率
-- column reason: 理由
SELECT 'person' AS entity, 'p-' || substr(md5(identity_no_token), 1, 16) AS entity_id, id AS row_id, 'identity_no' AS rule, 1::DECIMAL(9,6) AS probability, '身份证号相同且校验通过' AS reason
FROM staging.person WHERE identity_valid
UNION ALL
SELECT 'person', 'p-' || substr(md5(identity_no_token), 1, 16), id, 'identity_no', 1, '身份证号相同且校验通过'
FROM staging.benefit WHERE identity_valid
UNION ALL
SELECT 'organisation', 'o-' || substr(md5(credit_code), 1, 16), id, 'credit_code', 1, '统一社会信用代码相同且校验通过'
FROM staging.organisation WHERE credit_code_valid
UNION ALL
SELECT 'building', 'b-' || substr(md5(building_no), 1, 16), id, 'building_no', 1, '楼栋编号相同'
FROM staging.building WHERE building_no IS NOT NULL
