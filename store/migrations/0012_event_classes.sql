-- Log events by class: a table for each class whose fields are known, with a typed column for each of them, and one
-- for all others. `log_events` shows all of them under one envelope: it reads as it did, and is written to no more.
-- An empty column means that there is no such field; a field that is there and empty is told in `extra`.

-- A row is a DNS query and its answer.
CREATE TABLE dns_queries (
    event_id                String,
    event_time              DateTime64(6, 'UTC'),
    ingested_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),
    source_type             LowCardinality(String),
    batch_id                LowCardinality(String),
    source_offset           UInt64,
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),
    source_ip               String,
    source_port             UInt16,
    destination_ip          String,
    destination_port        UInt16,
    user                    String,
    action                  LowCardinality(String),
    outcome                 LowCardinality(String),
    severity                UInt8,
    message                 String,
    uid                     String,
    proto                   LowCardinality(String),
    trans_id                String,
    rtt                     String,
    query                   String,
    qclass                  LowCardinality(String),
    qclass_name             LowCardinality(String),
    qtype                   LowCardinality(String),
    qtype_name              LowCardinality(String),
    rcode                   LowCardinality(String),
    rcode_name              LowCardinality(String),
    AA                      LowCardinality(String),
    TC                      LowCardinality(String),
    RD                      LowCardinality(String),
    RA                      LowCardinality(String),
    Z                       LowCardinality(String),
    answers                 String,
    TTLs                    String,
    rejected                LowCardinality(String),
    extra                   Map(LowCardinality(String), String),
    fields                  Map(LowCardinality(String), String) ALIAS mapConcat(mapFilter((name, value) -> value != '', map(
        'uid', uid, 'proto', proto, 'trans_id', trans_id, 'rtt', rtt, 'query', query, 'qclass', qclass,
        'qclass_name', qclass_name, 'qtype', qtype, 'qtype_name', qtype_name, 'rcode', rcode, 'rcode_name',
        rcode_name, 'AA', AA, 'TC', TC, 'RD', RD, 'RA', RA, 'Z', Z, 'answers', answers, 'TTLs', TTLs,
        'rejected', rejected
    )), extra),
    INDEX by_arrival ingested_at TYPE minmax GRANULARITY 1,
    INDEX by_batch batch_id TYPE set(16) GRANULARITY 1,
    INDEX by_asset asset_id TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (product, category, service, event_time)
SETTINGS non_replicated_deduplication_window = 10000;

-- A row is an HTTP request and its answer: a sensor's names (method, uri), a server's (cs-method, cs-uri-stem).
CREATE TABLE http_requests (
    event_id                String,
    event_time              DateTime64(6, 'UTC'),
    ingested_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),
    source_type             LowCardinality(String),
    batch_id                LowCardinality(String),
    source_offset           UInt64,
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),
    source_ip               String,
    source_port             UInt16,
    destination_ip          String,
    destination_port        UInt16,
    user                    String,
    action                  LowCardinality(String),
    outcome                 LowCardinality(String),
    severity                UInt8,
    message                 String,
    uid                     String,
    trans_depth             LowCardinality(String),
    method                  LowCardinality(String),
    http_host               String,
    uri                     String,
    referrer                String,
    version                 LowCardinality(String),
    user_agent              String,
    request_body_len        String,
    response_body_len       String,
    status_code             LowCardinality(String),
    status_msg              LowCardinality(String),
    resp_mime_types         LowCardinality(String),
    `c-ip`                  String,
    `cs-username`           String,
    `cs-host`               String,
    `cs-method`             LowCardinality(String),
    `cs-uri`                String,
    `cs-uri-stem`           String,
    `cs-uri-query`          String,
    `cs-version`            LowCardinality(String),
    `sc-status`             LowCardinality(String),
    `sc-bytes`              String,
    `cs-referer`            String,
    `cs-user-agent`         String,
    extra                   Map(LowCardinality(String), String),
    fields                  Map(LowCardinality(String), String) ALIAS mapConcat(mapFilter((name, value) -> value != '', map(
        'uid', uid, 'trans_depth', trans_depth, 'method', method, 'host', http_host, 'uri', uri, 'referrer',
        referrer, 'version', version, 'user_agent', user_agent, 'request_body_len', request_body_len,
        'response_body_len', response_body_len, 'status_code', status_code, 'status_msg', status_msg,
        'resp_mime_types', resp_mime_types, 'c-ip', `c-ip`, 'cs-username', `cs-username`, 'cs-host',
        `cs-host`, 'cs-method', `cs-method`, 'cs-uri', `cs-uri`, 'cs-uri-stem', `cs-uri-stem`,
        'cs-uri-query', `cs-uri-query`, 'cs-version', `cs-version`, 'sc-status', `sc-status`, 'sc-bytes',
        `sc-bytes`, 'cs-referer', `cs-referer`, 'cs-user-agent', `cs-user-agent`
    )), extra),
    INDEX by_arrival ingested_at TYPE minmax GRANULARITY 1,
    INDEX by_batch batch_id TYPE set(16) GRANULARITY 1,
    INDEX by_asset asset_id TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (product, category, service, event_time)
SETTINGS non_replicated_deduplication_window = 10000;

-- A row is a TLS handshake.
CREATE TABLE tls_handshakes (
    event_id                String,
    event_time              DateTime64(6, 'UTC'),
    ingested_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),
    source_type             LowCardinality(String),
    batch_id                LowCardinality(String),
    source_offset           UInt64,
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),
    source_ip               String,
    source_port             UInt16,
    destination_ip          String,
    destination_port        UInt16,
    user                    String,
    action                  LowCardinality(String),
    outcome                 LowCardinality(String),
    severity                UInt8,
    message                 String,
    uid                     String,
    version                 LowCardinality(String),
    cipher                  LowCardinality(String),
    curve                   LowCardinality(String),
    server_name             String,
    resumed                 LowCardinality(String),
    last_alert              LowCardinality(String),
    next_protocol           LowCardinality(String),
    established             LowCardinality(String),
    ssl_history             String,
    cert_chain_fps          String,
    client_cert_chain_fps   String,
    sni_matches_cert        LowCardinality(String),
    validation_status       LowCardinality(String),
    subject                 String,
    issuer                  String,
    client_version          LowCardinality(String),
    client_ciphers          String,
    client_protocols        String,
    ja3                     String,
    ja3s                    String,
    ja4                     String,
    extra                   Map(LowCardinality(String), String),
    fields                  Map(LowCardinality(String), String) ALIAS mapConcat(mapFilter((name, value) -> value != '', map(
        'uid', uid, 'version', version, 'cipher', cipher, 'curve', curve, 'server_name', server_name,
        'resumed', resumed, 'last_alert', last_alert, 'next_protocol', next_protocol, 'established',
        established, 'ssl_history', ssl_history, 'cert_chain_fps', cert_chain_fps, 'client_cert_chain_fps',
        client_cert_chain_fps, 'sni_matches_cert', sni_matches_cert, 'validation_status', validation_status,
        'subject', subject, 'issuer', issuer, 'client_version', client_version, 'client_ciphers',
        client_ciphers, 'client_protocols', client_protocols, 'ja3', ja3, 'ja3s', ja3s, 'ja4', ja4
    )), extra),
    INDEX by_arrival ingested_at TYPE minmax GRANULARITY 1,
    INDEX by_batch batch_id TYPE set(16) GRANULARITY 1,
    INDEX by_asset asset_id TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (product, category, service, event_time)
SETTINGS non_replicated_deduplication_window = 10000;

-- A row is an operation of an industrial protocol.
CREATE TABLE ics_operations (
    event_id                String,
    event_time              DateTime64(6, 'UTC'),
    ingested_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),
    source_type             LowCardinality(String),
    batch_id                LowCardinality(String),
    source_offset           UInt64,
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),
    source_ip               String,
    source_port             UInt16,
    destination_ip          String,
    destination_port        UInt16,
    user                    String,
    action                  LowCardinality(String),
    outcome                 LowCardinality(String),
    severity                UInt8,
    message                 String,
    uid                     String,
    tid                     String,
    unit                    LowCardinality(String),
    unit_id                 LowCardinality(String),
    func                    LowCardinality(String),
    pdu_type                LowCardinality(String),
    exception               LowCardinality(String),
    is_write                LowCardinality(String),
    address                 String,
    quantity                String,
    extra                   Map(LowCardinality(String), String),
    fields                  Map(LowCardinality(String), String) ALIAS mapConcat(mapFilter((name, value) -> value != '', map(
        'uid', uid, 'tid', tid, 'unit', unit, 'unit_id', unit_id, 'func', func, 'pdu_type', pdu_type,
        'exception', exception, 'is_write', is_write, 'address', address, 'quantity', quantity
    )), extra),
    INDEX by_arrival ingested_at TYPE minmax GRANULARITY 1,
    INDEX by_batch batch_id TYPE set(16) GRANULARITY 1,
    INDEX by_asset asset_id TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (product, category, service, event_time)
SETTINGS non_replicated_deduplication_window = 10000;

-- A row is a syslog message.
CREATE TABLE syslog_messages (
    event_id                String,
    event_time              DateTime64(6, 'UTC'),
    ingested_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),
    source_type             LowCardinality(String),
    batch_id                LowCardinality(String),
    source_offset           UInt64,
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),
    source_ip               String,
    source_port             UInt16,
    destination_ip          String,
    destination_port        UInt16,
    user                    String,
    action                  LowCardinality(String),
    outcome                 LowCardinality(String),
    severity                UInt8,
    message                 String,
    program                 LowCardinality(String),
    pid                     String,
    facility                LowCardinality(String),
    severity_name           LowCardinality(String),
    msgid                   LowCardinality(String),
    account                 String,
    invalid_user            LowCardinality(String),
    method                  LowCardinality(String),
    reason                  String,
    command                 String,
    pwd                     String,
    runas                   LowCardinality(String),
    ruser                   String,
    tty                     LowCardinality(String),
    session                 String,
    opened_by               String,
    operation               LowCardinality(String),
    failure                 LowCardinality(String),
    target_user             String,
    target_group            String,
    target_uid              String,
    target_gid              String,
    home                    String,
    shell                   LowCardinality(String),
    unit                    LowCardinality(String),
    extra                   Map(LowCardinality(String), String),
    fields                  Map(LowCardinality(String), String) ALIAS mapConcat(mapFilter((name, value) -> value != '', map(
        'program', program, 'pid', pid, 'facility', facility, 'severity', severity_name, 'msgid', msgid,
        'user', account, 'invalid_user', invalid_user, 'method', method, 'reason', reason, 'command',
        command, 'pwd', pwd, 'runas', runas, 'ruser', ruser, 'tty', tty, 'session', session, 'opened_by',
        opened_by, 'operation', operation, 'failure', failure, 'target_user', target_user, 'target_group',
        target_group, 'target_uid', target_uid, 'target_gid', target_gid, 'home', home, 'shell', shell,
        'unit', unit
    )), extra),
    INDEX by_arrival ingested_at TYPE minmax GRANULARITY 1,
    INDEX by_batch batch_id TYPE set(16) GRANULARITY 1,
    INDEX by_asset asset_id TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (product, category, service, event_time)
SETTINGS non_replicated_deduplication_window = 10000;

-- A row is a record of Linux audit.
CREATE TABLE linux_audit_records (
    event_id                String,
    event_time              DateTime64(6, 'UTC'),
    ingested_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    source                  LowCardinality(String),
    source_type             LowCardinality(String),
    batch_id                LowCardinality(String),
    source_offset           UInt64,
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),
    source_ip               String,
    source_port             UInt16,
    destination_ip          String,
    destination_port        UInt16,
    user                    String,
    action                  LowCardinality(String),
    outcome                 LowCardinality(String),
    severity                UInt8,
    message                 String,
    type                    LowCardinality(String),
    arch                    LowCardinality(String),
    syscall                 LowCardinality(String),
    success                 LowCardinality(String),
    exit                    LowCardinality(String),
    ppid                    String,
    pid                     String,
    auid                    LowCardinality(String),
    uid                     String,
    gid                     LowCardinality(String),
    euid                    LowCardinality(String),
    tty                     LowCardinality(String),
    ses                     LowCardinality(String),
    comm                    LowCardinality(String),
    exe                     LowCardinality(String),
    subj                    LowCardinality(String),
    key                     LowCardinality(String),
    cwd                     String,
    name                    String,
    proctitle               String,
    cmdline                 String,
    op                      LowCardinality(String),
    acct                    String,
    res                     LowCardinality(String),
    a0                      String,
    a1                      String,
    a2                      String,
    a3                      String,
    ARCH                    LowCardinality(String),
    SYSCALL                 LowCardinality(String),
    AUID                    LowCardinality(String),
    UID                     LowCardinality(String),
    GID                     LowCardinality(String),
    EUID                    LowCardinality(String),
    extra                   Map(LowCardinality(String), String),
    fields                  Map(LowCardinality(String), String) ALIAS mapConcat(mapFilter((name, value) -> value != '', map(
        'type', type, 'arch', arch, 'syscall', syscall, 'success', success, 'exit', exit, 'ppid', ppid,
        'pid', pid, 'auid', auid, 'uid', uid, 'gid', gid, 'euid', euid, 'tty', tty, 'ses', ses, 'comm',
        comm, 'exe', exe, 'subj', subj, 'key', key, 'cwd', cwd, 'name', name, 'proctitle', proctitle,
        'cmdline', cmdline, 'op', op, 'acct', acct, 'res', res, 'a0', a0, 'a1', a1, 'a2', a2, 'a3', a3,
        'ARCH', ARCH, 'SYSCALL', SYSCALL, 'AUID', AUID, 'UID', UID, 'GID', GID, 'EUID', EUID
    )), extra),
    INDEX by_arrival ingested_at TYPE minmax GRANULARITY 1,
    INDEX by_batch batch_id TYPE set(16) GRANULARITY 1,
    INDEX by_asset asset_id TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (product, category, service, event_time)
SETTINGS non_replicated_deduplication_window = 10000;

DROP VIEW IF EXISTS log_activity_feed;

-- What was there stays where it is, under the name of events without a class.
RENAME TABLE IF EXISTS log_events TO log_event_records;

CREATE VIEW log_events AS
SELECT event_id, event_time, ingested_at, source, source_type, batch_id, source_offset, sensor, scope,
    asset_id, product, category, service, host, source_ip, source_port, destination_ip, destination_port,
    user, action, outcome, severity, message, fields
FROM dns_queries
UNION ALL
SELECT event_id, event_time, ingested_at, source, source_type, batch_id, source_offset, sensor, scope,
    asset_id, product, category, service, host, source_ip, source_port, destination_ip, destination_port,
    user, action, outcome, severity, message, fields
FROM http_requests
UNION ALL
SELECT event_id, event_time, ingested_at, source, source_type, batch_id, source_offset, sensor, scope,
    asset_id, product, category, service, host, source_ip, source_port, destination_ip, destination_port,
    user, action, outcome, severity, message, fields
FROM tls_handshakes
UNION ALL
SELECT event_id, event_time, ingested_at, source, source_type, batch_id, source_offset, sensor, scope,
    asset_id, product, category, service, host, source_ip, source_port, destination_ip, destination_port,
    user, action, outcome, severity, message, fields
FROM ics_operations
UNION ALL
SELECT event_id, event_time, ingested_at, source, source_type, batch_id, source_offset, sensor, scope,
    asset_id, product, category, service, host, source_ip, source_port, destination_ip, destination_port,
    user, action, outcome, severity, message, fields
FROM syslog_messages
UNION ALL
SELECT event_id, event_time, ingested_at, source, source_type, batch_id, source_offset, sensor, scope,
    asset_id, product, category, service, host, source_ip, source_port, destination_ip, destination_port,
    user, action, outcome, severity, message, fields
FROM linux_audit_records
UNION ALL
SELECT event_id, event_time, ingested_at, source, source_type, batch_id, source_offset, sensor, scope,
    asset_id, product, category, service, host, source_ip, source_port, destination_ip, destination_port,
    user, action, outcome, severity, message, fields
FROM log_event_records;

CREATE MATERIALIZED VIEW dns_queries_feed TO log_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM dns_queries
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;

CREATE MATERIALIZED VIEW http_requests_feed TO log_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM http_requests
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;

CREATE MATERIALIZED VIEW tls_handshakes_feed TO log_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM tls_handshakes
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;

CREATE MATERIALIZED VIEW ics_operations_feed TO log_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM ics_operations
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;

CREATE MATERIALIZED VIEW syslog_messages_feed TO log_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM syslog_messages
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;

CREATE MATERIALIZED VIEW linux_audit_records_feed TO log_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM linux_audit_records
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;

CREATE MATERIALIZED VIEW log_event_records_feed TO log_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM log_event_records
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;
