-- Exchanges of data between organisations of the administrative levels (R35, R41), and when scans met data sets (R37).

-- Organisations whose level the inventory does not tell, or that records name in several ways.
CREATE TABLE exchange_party_records (
    name                    String,                                            -- the organisation
    level                   LowCardinality(String),                            -- national, province, city, department, county, township, market; '': as the inventory tells
    aliases                 Array(String),                                     -- other names that records and sharing lists use
    removed                 Bool DEFAULT false,
    updated_at              DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW exchange_parties AS
SELECT name, level, aliases, updated_at FROM (SELECT * FROM exchange_party_records FINAL) WHERE NOT removed;

-- Each exchange of a data set between two organisations; the last record of it counts, `removed` hides it.
CREATE TABLE data_exchange_records (
    exchange_id             String,                                            -- the event and the receiver; of lineage, the two data sets
    origin                  LowCardinality(String),                            -- log, seen (in a statement), declared (in the catalogue)
    event_id                String,                                            -- in log_events; '' where it is declared
    event_time              DateTime64(6, 'UTC'),                              -- when it went, or was declared
    arrived_at              DateTime64(3, 'UTC'),                              -- arrival of the event
    dataset                 LowCardinality(String),                            -- what went, as the record names it
    to_dataset              LowCardinality(String),                            -- what it became at the receiver, or ''
    columns                 Array(LowCardinality(String)),                     -- `*`: all
    rows                    UInt64,                                            -- as far as the record says; 0: unknown
    sender                  LowCardinality(String),                            -- the organisation that gave it
    sender_level            LowCardinality(String),                            -- '': unknown
    sender_scope            LowCardinality(String),                            -- its path by the inventory, or ''
    receiver                LowCardinality(String),                            -- the organisation that got it
    receiver_level          LowCardinality(String),                            -- '': unknown
    receiver_scope          LowCardinality(String),                            -- its path by the inventory, or ''
    direction               LowCardinality(String),                            -- up, down, across, unknown
    account                 String,                                            -- who did it
    ticket                  String,
    grade                   LowCardinality(String),                            -- of what went, as it stood then; '': not known yet
    masked                  Nullable(Bool),                                    -- whether it went masked; null: nothing tells
    masked_as_logged        Bool,                                              -- the record itself says so
    basis_kind              LowCardinality(String),                            -- sharing, grant, open, or '' for none
    basis                   String,                                            -- the ground on the sharing list, or the grant's id
    basis_until             Nullable(Date),                                    -- last day of the ground, where it has one
    breaches                Array(LowCardinality(String)),                     -- checks that it fails
    source_ip               String,
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    removed                 Bool DEFAULT false,
    recorded_at             DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(recorded_at)
PARTITION BY toYYYYMM(event_time)
ORDER BY (event_time, exchange_id)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW data_exchanges AS
SELECT * EXCEPT (removed) FROM (SELECT * FROM data_exchange_records FINAL) WHERE NOT removed;

-- By what the exchanges of each data set were judged last.
CREATE TABLE judged_exchanges (
    dataset                 String,                                            -- as the records name it
    basis                   String,                                            -- hash of sharing list, grants, names and limits
    judged_at               DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(judged_at)
ORDER BY dataset
SETTINGS non_replicated_deduplication_window = 1000;

-- When a scan last came by a data set, whether it had to read it or not.
CREATE TABLE dataset_looks (
    dataset                 String,
    looked_at               DateTime64(3, 'UTC'),
    found                   LowCardinality(String)                             -- there, unread (it could not be read), gone
)
ENGINE = ReplacingMergeTree(looked_at)
ORDER BY dataset
SETTINGS non_replicated_deduplication_window = 1000;
