-- The protected infrastructure and its posture. The last import of an asset counts; `removed` hides it.

CREATE TABLE monitored_asset_records (
    asset_id                String,
    name                    String,
    sector                  LowCardinality(String),                            -- finance, energy, power, telecom, ... (R83)
    kind                    LowCardinality(String),                            -- server, plc, gateway, database, ...
    scope                   LowCardinality(String),                            -- fuzhou/gulou/...: city -> county or department -> township
    organisation            String,
    owner                   String,                                            -- 网络所有者 (R78)
    operator                String,                                            -- 运营管理者
    outsourcing_provider    String,                                            -- 服务外包单位, or ''
    mlps_level              UInt8,                                             -- 等保 1..4, 0 not graded
    is_cii                  Bool,                                              -- 关键信息基础设施
    domestic_cpu            Bool,                                              -- 信创 (R8)
    domestic_os             Bool,
    domestic_database       Bool,
    domestic_middleware     Bool,
    data_grade              LowCardinality(String),                            -- core, important, general-4 .. general-1, or ''
    addresses               Array(String),                                     -- IP, CIDR or first-last
    hosts                   Array(String),
    datasets                Array(String),                                     -- patterns of the data sets it holds
    expected_sources        Array(LowCardinality(String)),                     -- source types that must not fall silent
    last_assessed_on        Nullable(Date),                                    -- 等级测评
    removed                 Bool DEFAULT false,
    updated_at              DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY asset_id
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW monitored_assets AS
SELECT * EXCEPT (removed) FROM (SELECT * FROM monitored_asset_records FINAL) WHERE NOT removed;

-- Whose the addresses and hosts of stored telemetry are, by the last inventory; held in memory for re-matching.
CREATE TABLE address_owners (
    address                 String,
    asset_id                String,
    scope                   String
)
ENGINE = Join(ANY, LEFT, address);

CREATE TABLE host_owners (
    host                    String,
    asset_id                String,
    scope                   String
)
ENGINE = Join(ANY, LEFT, host);

CREATE TABLE asset_posture_history (
    asset_id                String,
    scored_at               DateTime64(3, 'UTC'),
    score                   Float64,                                           -- 0 worst .. 100 best
    band                    LowCardinality(String),                            -- good, fair, poor, critical
    sector                  LowCardinality(String),
    scope                   LowCardinality(String),
    organisation            String,
    open_alerts             UInt32,
    worst_level             LowCardinality(String),
    factors                 String                                             -- JSON: [{"factor", "points", "evidence"}]
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(scored_at)
ORDER BY (asset_id, scored_at)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW asset_posture AS
SELECT * FROM asset_posture_history FINAL
WHERE (asset_id, scored_at) IN (SELECT asset_id, max(scored_at) FROM asset_posture_history GROUP BY asset_id)
  AND asset_id IN (SELECT asset_id FROM monitored_assets);
