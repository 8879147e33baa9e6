-- Telemetry in the words of the Open Cybersecurity Schema Framework (schema.ocsf.io), for those who take it elsewhere:
-- 4001 network, 4002 HTTP, 4003 DNS, 4005 RDP, 4006 SMB and 4007 SSH activity, 3002 authentication, 1007 process,
-- 6003 API and 6005 datastore activity, 2004 detection finding; 0 is the base event of whatever has no class there.
-- Times are milliseconds since 1970. What a source alone knows is `unmapped`.

CREATE VIEW ocsf_events AS
SELECT
    multiIf(
        category = 'dns', 4003,
        category IN ('http', 'webserver', 'proxy'), 4002,
        category IN ('tls', 'ics', 'firewall'), 4001,
        category = 'ssh' OR service = 'ssh', 4007,
        service = 'rdp', 4005,
        service IN ('smb_files', 'smb_mapping', 'smb'), 4006,
        category = 'database', 6005,
        category = 'cloud' OR service IN ('cloudtrail', 'actiontrail', 'kubernetes'), 6003,
        action IN ('login', 'logout', 'session_start'), 3002,
        action = 'execute' OR category = 'process_creation', 1007,
        action = 'alert', 2004,
        0) AS class_uid,
    toUInt16(intDiv(class_uid, 1000)) AS category_uid,
    if(action = '', 0, 99) AS activity_id,
    action AS activity_name,
    toUInt64(class_uid) * 100 + activity_id AS type_uid,
    toUnixTimestamp64Milli(event_time) AS time,
    severity AS severity_id,
    multiIf(outcome = 'success', 1, outcome = 'failure', 2, 0) AS status_id,
    event_id AS `metadata.uid`,
    product AS `metadata.product.name`,
    source_type AS `metadata.log_provider`,
    source AS `metadata.log_name`,
    toUnixTimestamp64Milli(ingested_at) AS `metadata.logged_time`,
    host AS `device.hostname`,
    asset_id AS `device.uid`,
    scope AS `device.org.name`,
    source_ip AS `src_endpoint.ip`,
    source_port AS `src_endpoint.port`,
    destination_ip AS `dst_endpoint.ip`,
    destination_port AS `dst_endpoint.port`,
    user AS `actor.user.name`,
    message AS raw_data,
    fields AS unmapped
FROM log_events
UNION ALL
SELECT
    4001 AS class_uid,
    toUInt16(4) AS category_uid,
    6 AS activity_id,
    'Traffic' AS activity_name,
    toUInt64(400106) AS type_uid,
    toUnixTimestamp64Milli(event_time) AS time,
    toUInt8(1) AS severity_id,
    0 AS status_id,
    event_id AS `metadata.uid`,
    '' AS `metadata.product.name`,
    source_type AS `metadata.log_provider`,
    source AS `metadata.log_name`,
    toUnixTimestamp64Milli(ingested_at) AS `metadata.logged_time`,
    '' AS `device.hostname`,
    asset_id AS `device.uid`,
    scope AS `device.org.name`,
    source_ip AS `src_endpoint.ip`,
    source_port AS `src_endpoint.port`,
    destination_ip AS `dst_endpoint.ip`,
    destination_port AS `dst_endpoint.port`,
    '' AS `actor.user.name`,
    '' AS raw_data,
    mapConcat(
        map('connection_info.protocol_name', protocol, 'traffic.packets_out', toString(packets_out),
            'traffic.packets_in', toString(packets_in), 'traffic.bytes_out', toString(ip_bytes_out),
            'traffic.bytes_in', toString(ip_bytes_in), 'connection_info.community_uid', community_id),
        fields) AS unmapped
FROM network_flows;
