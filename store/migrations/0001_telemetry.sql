-- Telemetry: one row per network flow, one row per log event, and what could not be read.
-- Times are UTC. `ingested_at` is the server's clock at arrival: detection follows it, never `event_time`.
-- Repeated inserts are dropped by insert_deduplication_token, hence the deduplication windows.
-- Asset and scope are in no sorting key: a new inventory changes them on stored rows, and ClickHouse updates no key column.

CREATE TABLE network_flows (
    event_id                String,
    event_time              DateTime64(6, 'UTC'),                              -- first packet of the flow
    ingested_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),                            -- file or feed read from
    source_type             LowCardinality(String),                            -- pcap, zeek_conn, suricata_flow, ...
    batch_id                LowCardinality(String),
    source_offset           UInt64,                                            -- packet or line number, from 0
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),                            -- fuzhou/gulou/...
    asset_id                LowCardinality(String),                            -- destination's asset, else source's, else ''
    source_asset_id         LowCardinality(String),
    destination_asset_id    LowCardinality(String),
    source_ip               String,                                            -- canonical text, IPv4 or IPv6
    source_port             UInt16,
    destination_ip          String,
    destination_port        UInt16,
    protocol                LowCardinality(String),                            -- tcp, udp, icmp, icmp6, sctp, or the number
    vlan_id                 UInt16,                                            -- 0: untagged
    application             LowCardinality(String),                            -- dns, tls, http, ssh, modbus, ... or ''
    duration_ms             UInt64,
    packets_out             UInt64,                                            -- out: from the initiator
    packets_in              UInt64,
    bytes_out               UInt64,                                            -- transport payload
    bytes_in                UInt64,
    ip_bytes_out            UInt64,                                            -- IP packets, headers included
    ip_bytes_in             UInt64,
    connection_state        LowCardinality(String),                            -- Zeek's conn_state: S0, SF, REJ, ...
    history                 LowCardinality(String),                            -- Zeek's history letters
    community_id            String,                                            -- community-id v1
    fields                  Map(LowCardinality(String), String),               -- what only this source knows
    INDEX by_arrival ingested_at TYPE minmax GRANULARITY 1,
    INDEX by_batch batch_id TYPE set(16) GRANULARITY 1,
    INDEX by_asset asset_id TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (source_type, event_time)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE log_events (
    event_id                String,
    event_time              DateTime64(6, 'UTC'),
    ingested_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),
    source_type             LowCardinality(String),                            -- syslog, auditd, evtx, zeek_dns, ...
    batch_id                LowCardinality(String),
    source_offset           UInt64,                                            -- line, record or packet number, from 0
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    product                 LowCardinality(String),                            -- Sigma's logsource of this event
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),                            -- the machine the event is about
    source_ip               String,
    source_port             UInt16,
    destination_ip          String,
    destination_port        UInt16,
    user                    String,
    action                  LowCardinality(String),                            -- login, logout, query, request, write, ...
    outcome                 LowCardinality(String),                            -- success, failure, unknown
    severity                UInt8,                                             -- OCSF severity_id: 0 unknown .. 6 fatal
    message                 String,                                            -- the raw text, or the best readable form
    fields                  Map(LowCardinality(String), String),               -- the source's own field names and values
    INDEX by_arrival ingested_at TYPE minmax GRANULARITY 1,
    INDEX by_batch batch_id TYPE set(16) GRANULARITY 1,
    INDEX by_asset asset_id TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (product, category, service, event_time)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE rejects (
    rejected_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),
    source_type             LowCardinality(String),
    batch_id                LowCardinality(String),
    offset                  UInt64,                                            -- line, record or packet number, from 0
    reason                  String,
    content                 String                                             -- what was there, at most 4 KiB
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(rejected_at)
ORDER BY (source, offset)
SETTINGS non_replicated_deduplication_window = 10000;

-- The ledger: a batch is stored when its row is here; a file is done when its row is here.
CREATE TABLE ingested_batches (
    batch_id                String,
    file_hash               String,
    source                  LowCardinality(String),
    table_name              LowCardinality(String),                            -- network_flows or log_events
    first_offset            UInt64,
    rows                    UInt64,
    rejected                UInt64,
    first_event_time        DateTime64(6, 'UTC'),
    last_event_time         DateTime64(6, 'UTC'),
    committed_at            DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (committed_at, batch_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE ingested_files (
    file_hash               String,                                            -- SHA-256 of the content
    source                  LowCardinality(String),
    source_type             LowCardinality(String),
    bytes                   UInt64,
    rows                    UInt64,
    rejected                UInt64,
    reason                  String,                                            -- why it gave no row, or where it broke off
    seconds                 Float64,
    completed_at            DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (file_hash, completed_at)
SETTINGS non_replicated_deduplication_window = 10000;
