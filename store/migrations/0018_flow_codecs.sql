-- What a flow costs on disk, by the figures of benchmarks/flow_storage.py: names of few values are packed after their
-- dictionary, ids and addresses a little harder. Those who open connections are few beside those whom they reach.

ALTER TABLE network_flows
    MODIFY COLUMN IF EXISTS event_id String CODEC(ZSTD(9)),
    MODIFY COLUMN IF EXISTS event_time DateTime64(6, 'UTC') CODEC(Delta, T64('bit'), ZSTD(1)),
    MODIFY COLUMN IF EXISTS source_offset UInt64 CODEC(Delta, ZSTD(3)),
    MODIFY COLUMN IF EXISTS source_ip LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS destination_ip String CODEC(ZSTD(3)),
    MODIFY COLUMN IF EXISTS destination_port UInt16 CODEC(ZSTD(3)),
    MODIFY COLUMN IF EXISTS protocol LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS application LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS connection_state LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS history LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS fields Map(LowCardinality(String), String) CODEC(ZSTD(3));
