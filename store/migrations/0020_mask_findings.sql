-- Masks that fail: counts, rates and positions only. What a check found of a data set counts until the check runs again.

CREATE TABLE mask_check_runs (
    scan_id                 String,
    dataset                 String,
    check                   LowCardinality(String),
    finished_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (dataset, check, finished_at)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE mask_finding_records (
    finding_id              String,
    scan_id                 String,                                            -- of the scan, or of the run of the checks
    dataset                 String,
    columns                 Array(String),                                     -- one of another data set as `data set: column`
    check                   LowCardinality(String),                            -- such as raw_value, residual, windows
    entity_type             LowCardinality(String),                            -- or ''
    severity                LowCardinality(String),                            -- informational .. critical
    evidence                String,                                            -- canonical JSON of counts, no value
    mend                    LowCardinality(String),                            -- key of the words on how to mend it
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    found_at                DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (dataset, check, finding_id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW mask_findings AS
SELECT * FROM mask_finding_records
WHERE (scan_id, dataset, check) IN (
    SELECT argMax(scan_id, finished_at), dataset, check FROM mask_check_runs GROUP BY dataset, check
);
