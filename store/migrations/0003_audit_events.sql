-- What people and processes did: append-only, each row carrying the hash of its predecessor (用必有据, 全程留痕; R45, R103).

CREATE TABLE audit_events (
    seq                     UInt64,                                            -- 1, 2, 3, ... without a gap
    event_time              DateTime64(6, 'UTC'),
    actor                   String,
    role                    LowCardinality(String),                            -- analyst, engineer, reviewer, responder, system
    action                  LowCardinality(String),                            -- alert.acknowledged, alert.closed, dlp.scan, ...
    object_type             LowCardinality(String),                            -- alert, dataset, inventory, ...
    object_id               String,
    state                   LowCardinality(String),                            -- the object's state after the step, or ''
    verdict                 LowCardinality(String),                            -- true_positive, false_positive, benign, or ''
    basis                   String,                                            -- on what ground: a purpose, a ticket, a rule
    details                 String,                                            -- canonical JSON: ids and counts, never personal data
    algorithm               LowCardinality(String),                            -- of the hash: sha256
    previous_hash           FixedString(64),                                   -- hex; 64 zeros for the first
    hash                    FixedString(64),
    INDEX by_object object_id TYPE bloom_filter GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY seq
SETTINGS non_replicated_deduplication_window = 10000;
