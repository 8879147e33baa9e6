-- What goflow2 and Vector put into Kafka becomes rows of network_flows and syslog_messages. Run it once, in Rongdun's database
-- (clickhouse-client --database rongdun --queries-file kafka.sql), after `rongdun` has built its tables.
--
-- Delivery is at least once: a row may come twice after a crash, with the same event_id. Batches are named by the ten
-- seconds in which rows arrive and noted in the ledger once they are a minute old; detection judges them then.

CREATE TABLE IF NOT EXISTS goflow2_flows (
    type                    String,
    time_received_ns        UInt64,
    sequence_num            UInt32,
    sampling_rate           UInt64,
    sampler_address         String,
    time_flow_start_ns      UInt64,
    time_flow_end_ns        UInt64,
    bytes                   UInt64,
    packets                 UInt64,
    src_addr                String,
    dst_addr                String,
    proto                   String,
    src_port                UInt32,
    dst_port                UInt32,
    in_if                   UInt32,
    out_if                  UInt32,
    vlan_id                 UInt32,
    tcp_flags               UInt32,
    icmp_type               UInt32,
    icmp_code               UInt32,
    src_as                  UInt32,
    dst_as                  UInt32,
    next_hop                String,
    observation_domain_id   UInt32
)
ENGINE = Kafka
SETTINGS kafka_broker_list = 'kafka-1:9092,kafka-2:9092', kafka_topic_list = 'flows', kafka_group_name = 'rongdun',
    kafka_format = 'JSONEachRow', kafka_num_consumers = 2, kafka_max_block_size = 100000, kafka_flush_interval_ms = 2000;

CREATE MATERIALIZED VIEW IF NOT EXISTS goflow2_feed TO network_flows AS
WITH
    greatest(sampling_rate, 1) AS rate,
    proto IN ('ICMP', 'IPv6-ICMP') AS is_icmp
SELECT
    concat('g', lower(hex(sipHash128(
        sampler_address, observation_domain_id, sequence_num, time_received_ns, time_flow_start_ns, time_flow_end_ns,
        src_addr, dst_addr, proto, src_port, dst_port, icmp_type, icmp_code, in_if, out_if, bytes, packets)))) AS event_id,
    fromUnixTimestamp64Micro(toInt64(intDiv(time_flow_start_ns, 1000)), 'UTC') AS event_time,
    concat('goflow2://', sampler_address) AS source,
    transform(type, ['NETFLOW_V5', 'NETFLOW_V9', 'IPFIX', 'SFLOW_5'], ['netflow_v5', 'netflow_v9', 'ipfix', 'sflow'], lower(type))
        AS source_type,
    concat('kafka-flows-', toString(intDiv(toUnixTimestamp(now()), 10))) AS batch_id,
    'fuzhou' AS scope,
    src_addr AS source_ip,
    toUInt16(if(is_icmp, icmp_type, src_port)) AS source_port,
    dst_addr AS destination_ip,
    toUInt16(if(is_icmp, icmp_code, dst_port)) AS destination_port,
    transform(proto,
        ['IPv6-ICMP', 'IGMP', 'GRE', 'ESP', 'AH', 'EIGRP', 'OSPF', 'PIM', 'VRRP'],
        ['icmp6', '2', '47', '50', '51', '88', '89', '103', '112'], lower(proto)) AS protocol,
    toUInt16(bitAnd(vlan_id, 4095)) AS vlan_id,
    if(time_flow_end_ns > time_flow_start_ns, intDiv(time_flow_end_ns - time_flow_start_ns, 1000000), 0) AS duration_ms,
    packets * rate AS packets_out,
    bytes * rate AS ip_bytes_out,
    mapFilter((name, value) -> value NOT IN ('', '0'), map(
        'exporter', sampler_address,
        'observation_domain', toString(observation_domain_id),
        'ingress_interface', toString(in_if),
        'egress_interface', toString(out_if),
        'next_hop', next_hop,
        'source_as', toString(src_as),
        'destination_as', toString(dst_as),
        'tcp_flags', toString(tcp_flags),
        'sampling_rate', if(rate > 1, toString(rate), ''))) AS fields
FROM goflow2_flows;

CREATE TABLE IF NOT EXISTS vector_syslog (
    event_id                String,
    event_time              String,
    source                  String,
    source_type             String,
    product                 String,
    service                 String,
    host                    String,
    outcome                 String,
    severity                UInt8,
    message                 String,
    extra                   Map(String, String)
)
ENGINE = Kafka
SETTINGS kafka_broker_list = 'kafka-1:9092,kafka-2:9092', kafka_topic_list = 'syslog', kafka_group_name = 'rongdun',
    kafka_format = 'JSONEachRow', kafka_num_consumers = 2, kafka_max_block_size = 100000, kafka_flush_interval_ms = 2000;

CREATE MATERIALIZED VIEW IF NOT EXISTS vector_feed TO syslog_messages AS
SELECT
    event_id, parseDateTime64BestEffort(event_time, 6, 'UTC') AS event_time, source, source_type,
    concat('kafka-syslog-', toString(intDiv(toUnixTimestamp(now()), 10))) AS batch_id,
    'fuzhou' AS scope, product, service, host, outcome, severity, message,
    vector_syslog.extra['program'] AS program, vector_syslog.extra['pid'] AS pid, vector_syslog.extra['facility'] AS facility,
    vector_syslog.extra['severity'] AS severity_name, vector_syslog.extra['msgid'] AS msgid,
    mapFilter((name, value) -> name NOT IN ('program', 'pid', 'facility', 'severity', 'msgid'), vector_syslog.extra) AS extra
FROM vector_syslog;

CREATE MATERIALIZED VIEW IF NOT EXISTS kafka_flow_batches REFRESH EVERY 10 SECOND APPEND TO ingested_batches AS
SELECT
    batch_id, any(source) AS source, 'network_flows' AS table_name, count() AS rows,
    min(event_time) AS first_event_time, max(event_time) AS last_event_time
FROM network_flows
WHERE startsWith(batch_id, 'kafka-flows-') AND ingested_at > now() - INTERVAL 1 HOUR
    AND toUInt64OrZero(substring(batch_id, 13)) * 10 < toUnixTimestamp(now()) - 60
    AND batch_id NOT IN (SELECT batch_id FROM ingested_batches WHERE committed_at > now() - INTERVAL 2 HOUR)
GROUP BY batch_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS kafka_syslog_batches REFRESH EVERY 10 SECOND APPEND TO ingested_batches AS
SELECT
    batch_id, any(source) AS source, 'syslog_messages' AS table_name, count() AS rows,
    min(event_time) AS first_event_time, max(event_time) AS last_event_time
FROM syslog_messages
WHERE startsWith(batch_id, 'kafka-syslog-') AND ingested_at > now() - INTERVAL 1 HOUR
    AND toUInt64OrZero(substring(batch_id, 14)) * 10 < toUnixTimestamp(now()) - 60
    AND batch_id NOT IN (SELECT batch_id FROM ingested_batches WHERE committed_at > now() - INTERVAL 2 HOUR)
GROUP BY batch_id;
