-- A live call, as the gateway of revision 0001 wrote it, its day's partition included.
CREATE TABLE facts_20261122 (LIKE facts INCLUDING ALL);
ALTER TABLE facts ATTACH PARTITION facts_20261122 FOR VALUES FROM ('2026-11-22') TO ('2026-11-23');

INSERT INTO parties (party, number, name, exten) VALUES
    ('aaaaaaaa-0000-5000-8000-000000000001', '+358401112223', 'Anna', NULL),
    ('aaaaaaaa-0000-5000-8000-000000000002', '+358401112223', 'Anna', '1000');
INSERT INTO facts VALUES
    ('2026-11-22', 'pbx1', 'channel_created', '1795334400.1', '', 0,
     '2026-11-22 08:00:00.123456+00', 'ami', '{"channel": "PJSIP/trunk-1"}',
     'aaaaaaaa-0000-5000-8000-000000000002', '11111111-1111-5111-9111-111111111111');
INSERT INTO calls VALUES
    ('11111111-1111-5111-9111-111111111111', 'pbx1', 'oilco', 'hotline', '1000', 'inbound',
     'aaaaaaaa-0000-5000-8000-000000000001', false, 1, '2026-11-22 08:00:00.123456+00',
     '2026-11-22 08:00:02.123456+00', NULL, 'live', 'live', NULL, '', 2);
INSERT INTO legs VALUES
    ('11111111-1111-5111-9111-111111111111', 0, 'pbx1', 'oilco', '1795334400.1', 'PJSIP/trunk-1',
     'caller', '', '2026-11-22 08:00:00.123456+00', NULL, NULL, NULL, NULL);
INSERT INTO queue_visits VALUES
    ('11111111-1111-5111-9111-111111111111', 0, 'pbx1', 'oilco', 'stations', 0,
     '2026-11-22 08:00:01.123456+00', 1, '2026-11-22 08:00:02.123456+00', 'answered', '101',
     '2026-11-22 08:00:02.123456+00');
INSERT INTO offers VALUES
    ('11111111-1111-5111-9111-111111111111', 0, 0, 'pbx1', 'oilco', '101', '1795334400.2',
     '2026-11-22 08:00:01.123456+00', '2026-11-22 08:00:02.123456+00', 'answered');
INSERT INTO talks VALUES
    ('11111111-1111-5111-9111-111111111111', 0, 'pbx1', 'oilco', '101', '1795334400.2',
     '2026-11-22 08:00:02.123456+00', NULL);
INSERT INTO holds VALUES
    ('11111111-1111-5111-9111-111111111111', 0, 'pbx1', 'oilco', '1795334400.2', 'agent',
     '2026-11-22 08:00:03.123456+00', '2026-11-22 08:00:04.123456+00');
INSERT INTO decisions VALUES
    ('11111111-1111-5111-9111-111111111111', 0, 'pbx1', 'oilco', '2026-11-22 08:00:01.123456+00',
     'routed', '{"queue": "stations"}', '[["hours", "sun", "open"]]');
INSERT INTO customers (client, number, name, language, priority, blocked) VALUES
    ('oilco', '+358401112223', 'Station 12', 'fi', 0, false);
INSERT INTO agent_states VALUES ('101', 'ready', '', 'PJSIP/101', '2026-11-22 08:00:00+00');
