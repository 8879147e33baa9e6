-- How scans go on: what a data set was like when it was read, and what a scan found otherwise than the one before.

ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS stamp String; -- the data set is read again when this differs, or is ''
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS seen_until DateTime64(3, 'UTC'); -- of telemetry: what arrived until then is counted
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS column_rows Map(String, UInt64); -- of telemetry: rows that hold a value, by column
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS partial Bool; -- not all rows were looked at

CREATE TABLE pii_changes (
    scan_id                 String,
    dataset                 String,
    column                  String,
    entity_type             LowCardinality(String),
    change                  LowCardinality(String),                            -- new, gone, unmasked, masked, share, regraded
    before                  String,                                            -- a grade; or how many rows hold it: mistake, part, most
    after                   String,
    found_at                DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (dataset, found_at, column)
SETTINGS non_replicated_deduplication_window = 1000;
