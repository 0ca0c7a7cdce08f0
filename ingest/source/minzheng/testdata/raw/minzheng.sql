CREATE TABLE "subsistence" (id INTEGER PRIMARY KEY, name TEXT, id_no TEXT, family_no TEXT, family_size INTEGER, category TEXT, monthly_amount TEXT, start_date TEXT, end_date TEXT, address TEXT, community_code TEXT, phone TEXT, status TEXT, updated_at TEXT);
INSERT INTO subsistence VALUES (10, '常刚', '320198199112157018', 'DB0000010', 5, '低保边缘', '1175.00', '2020-05-16', NULL, '安居公寓4号楼1单元101室', '330198001004', '13630949786', '在保', '2020-05-16 10:43:27');
INSERT INTO subsistence VALUES (31, '严水根', '330198197903216152', 'DB0000031', 4, '城市低保', '685.00', '2021-10-05', NULL, '澄州市清河区云溪街道秋涛家园3幢1单元202', '330198001006', '13935255414', '在保', '2021-10-05 14:55:33');
INSERT INTO subsistence VALUES (152, '欧阳浩然', ' 330198194708126190', 'DB0000152', 3, '城市低保', '1364.00', '2021-12-17', '2025-05-21', '锦绣里3栋1单元101室', '330198001002', '13931569701', '停保', '2025-05-21 12:19:58');
INSERT INTO subsistence VALUES (290, '姜晓燕', '330197199810213502', 'DB0000290', 2, '特困供养', '1186.00', '2022-11-16', '2024-01-25', '碧水公寓6栋2-301', '330198001001', '18705500855', '停保', '2024-01-25 16:56:33');
CREATE TABLE "elderly_meal" (id INTEGER PRIMARY KEY, name TEXT, id_no TEXT, phone TEXT, address TEXT, meal_point TEXT, year INTEGER, meals INTEGER, subsidy TEXT, community TEXT, updated_at TEXT);
INSERT INTO elderly_meal VALUES (2, '张金宝', NULL, '15878544664', '天目小区2号楼1-302', '柳岸老年食堂', 2025, 162, '486.00', '柳岸社区', '2025-12-01 11:56:03');
INSERT INTO elderly_meal VALUES (65, '苏志强', '330199194801293678', '19969836393', '锦绣里5-1-102', '云溪老年食堂', 2024, 72, '216.00', '云溪社区', '2024-12-01 15:22:57');
CREATE TABLE "elderly_care" (id INTEGER PRIMARY KEY, name TEXT, id_no TEXT, birth_date TEXT, care_level TEXT, service TEXT, provider TEXT, hours_per_month INTEGER, start_date TEXT, address TEXT, contact_phone TEXT, updated_at TEXT);
INSERT INTO elderly_care VALUES (86, '段子萱', '330197195502264043', '1955-02-26', '半失能', '居家照护', '金鼎养老服务有限公司', 46, '2017-11-06', '云溪街道教工路92号新柳浪花苑1幢2单元102室', '15879566404', '2024-09-11 16:15:46');
INSERT INTO elderly_care VALUES (109, '叶雨桐', NULL, '1948年6月24日', '半失能', '助浴', '聚鑫养老服务有限公司', 34, '2017-07-11', '教工路92号新柳浪花园1幢1单元301室', '18820906673', '2017-07-11 08:46:58');
INSERT INTO elderly_care VALUES (3230, '施娜', '330198195505221985', NULL, '自理', '助浴', '老街养老服务有限公司', 28, '2020-06-18', '云溪街道安居公寓5栋1单元201室', NULL, '2020-06-18 13:31:24');
INSERT INTO elderly_care VALUES (5559, '贺超', NULL, '15282', '半失能', '居家照护', '顺发养老服务有限公司', 40, '2019-04-05', '民安路240号紫荆里2-2-201', '13895785869', '2019-04-05 14:26:31')
