-- What an ingestion set out to store: a file that is here and not in ingested_files was broken off, and is finished
-- as it was then before anything that has been appended since is read.

CREATE TABLE started_files (
    file_hash               String,                                            -- SHA-256 of the content
    source                  LowCardinality(String),
    bytes                   UInt64,
    started_at              DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (source, bytes)
SETTINGS non_replicated_deduplication_window = 10000;
