-- What a rule could not judge because its query failed: tried again on later runs, and said aloud until it is judged.

CREATE TABLE failed_judgements (
    rule_id                 String,
    rule_version            String,
    batch_id                String,
    attempt                 UInt8,                                             -- 1 for the first failure
    reason                  String,                                            -- '' once the batch is judged after all
    tried_at                DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (rule_id, rule_version, batch_id, attempt)
SETTINGS non_replicated_deduplication_window = 10000;
