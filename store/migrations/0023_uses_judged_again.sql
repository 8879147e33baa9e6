-- By what the uses of each data set were judged last: when grades, grants or the policy change, they are judged again.
CREATE TABLE judged_uses (
    dataset                 String,                                            -- as the logs name it
    basis                   String,                                            -- hash of the grades, grants and policy
    judged_at               DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(judged_at)
ORDER BY dataset
SETTINGS non_replicated_deduplication_window = 1000;

-- When grants counted. What a file brings was approved outside and counts for the time it names; what the desk gives
-- counts from its approval. A revoked grant counted until then, and one that left its file until it did.
CREATE VIEW data_grant_times AS
SELECT
    grants.* EXCEPT (valid_from, valid_until, approved_by),
    if(grants.origin = 'file', grants.approved_by, steps.approved_by) AS approved_by,
    if(grants.origin = 'file', grants.valid_from, greatest(grants.valid_from, steps.approved_at)) AS valid_from,
    least(
        grants.valid_until,
        if(steps.state = 'revoked', steps.revoked_at, grants.valid_until),
        if(grants.removed, grants.updated_at, grants.valid_until)
    ) AS valid_until
FROM (SELECT * FROM data_grant_records FINAL) AS grants
LEFT JOIN (
    SELECT
        object_id,
        argMax(audit_events.state, seq) AS state,
        argMaxIf(actor, seq, audit_events.state = 'approved') AS approved_by,
        toDateTime64(maxIf(event_time, audit_events.state = 'approved'), 3, 'UTC') AS approved_at,
        toDateTime64(maxIf(event_time, audit_events.state = 'revoked'), 3, 'UTC') AS revoked_at
    FROM audit_events
    WHERE object_type = 'grant' AND audit_events.state != ''
    GROUP BY object_id
) AS steps ON grants.grant_id = steps.object_id
WHERE grants.origin = 'file' OR steps.state IN ('approved', 'revoked')
SETTINGS join_use_nulls = 0;
