-- How columns that are nearly as long as all others together are packed: ids are made of few parts, times and places of
-- neighbours lie close together, counts are small numbers.

ALTER TABLE network_flows
    MODIFY COLUMN IF EXISTS community_id String CODEC(ZSTD(3)),
    MODIFY COLUMN IF EXISTS event_id String CODEC(ZSTD(3)),
    MODIFY COLUMN IF EXISTS event_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN IF EXISTS source_offset UInt64 CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN IF EXISTS source_ip String CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS destination_ip String CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS source_port UInt16 CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS destination_port UInt16 CODEC(ZSTD(1)),
    MODIFY COLUMN IF EXISTS duration_ms UInt64 CODEC(T64, ZSTD(1)),
    MODIFY COLUMN IF EXISTS packets_out UInt64 CODEC(T64, ZSTD(1)),
    MODIFY COLUMN IF EXISTS packets_in UInt64 CODEC(T64, ZSTD(1)),
    MODIFY COLUMN IF EXISTS bytes_out UInt64 CODEC(T64, ZSTD(1)),
    MODIFY COLUMN IF EXISTS bytes_in UInt64 CODEC(T64, ZSTD(1)),
    MODIFY COLUMN IF EXISTS ip_bytes_out UInt64 CODEC(T64, ZSTD(1)),
    MODIFY COLUMN IF EXISTS ip_bytes_in UInt64 CODEC(T64, ZSTD(1));
