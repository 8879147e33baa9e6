-- Personal data found by scans: masked samples and keyed fingerprints only. The last finished scan of a data set counts.

CREATE TABLE pii_scans (
    scan_id                 String,
    dataset                 String,
    started_at              DateTime64(3, 'UTC'),
    finished_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    rows                    UInt64,
    columns                 UInt32,
    findings                UInt32,
    grade                   LowCardinality(String),                            -- of the data set: the highest of its columns
    policy_version          String,
    method                  String                                             -- how it was sampled, in words
)
ENGINE = MergeTree
ORDER BY (dataset, finished_at)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE pii_finding_records (
    finding_id              String,
    scan_id                 String,
    dataset                 String,
    column                  String,
    entity_type             LowCardinality(String),                            -- Presidio's name of the type
    rows                    UInt64,                                            -- rows looked at that hold a value
    hits                    UInt64,                                            -- rows that hold the type
    confidence              Float64,                                           -- 0..1
    category                LowCardinality(String),                            -- GB/T 43697-2024 annex B.1
    grade                   LowCardinality(String),                            -- general-1 .. general-4, important, core
    sensitive_35273         Bool,
    sensitive_45574         Bool,
    masked                  Bool,                                              -- every hit is masked
    masked_sample           String,                                            -- one hit, masked, for a reader
    fingerprint             String,                                            -- keyed hash of that hit
    review                  String,                                            -- what a person should look at, or ''
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    found_at                DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (dataset, column, entity_type)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW pii_findings AS
SELECT * FROM pii_finding_records
WHERE scan_id IN (SELECT argMax(scan_id, finished_at) FROM pii_scans GROUP BY dataset);
