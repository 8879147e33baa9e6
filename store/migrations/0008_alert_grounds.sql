-- Why a correlation matched, as it was when it did: rules change and vanish, alerts stay. Written before its alert.

CREATE TABLE alert_grounds (
    alert_id                String,
    grounds                 String,                                            -- JSON: the conditions, the group, and what each base rule saw
    recorded_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY alert_id
SETTINGS non_replicated_deduplication_window = 10000;
