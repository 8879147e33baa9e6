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

-- As before, but an entry that somebody made at the desk for a data set that had none shows at once.
CREATE OR REPLACE VIEW data_catalogue AS
SELECT
    scans.dataset AS dataset,
    scans.scan_id AS scan_id,
    scans.finished_at AS scanned_at,
    scans.rows AS rows,
    scans.columns AS columns,
    scans.findings AS findings,
    scans.persons AS persons,
    scans.scope AS scope,
    scans.asset_id AS asset_id,
    scans.grade AS suggested_grade,
    scans.jrt_level AS jrt_level,
    scans.grounds AS grounds,
    scans.questions AS questions,
    scans.triggers AS triggers,
    scans.method AS method,
    multiIf(
        decisions.decision = '', 'open',
        decisions.decision IN ('appealed', 'demanded'), decisions.decision,
        decisions.decided_on != scans.evidence, 'outdated',
        decisions.decided_scan != scans.scan_id AND notEmpty(scans.triggers), 'outdated',
        decisions.decision
    ) AS review_state,
    multiIf(
        review_state = 'corrected' AND decisions.corrected_grade != '', decisions.corrected_grade,
        toString(scans.grade)
    ) AS grade,
    decisions.decided_by AS decided_by,
    decisions.decided_as AS decided_as,
    decisions.decided_at AS decided_at,
    if(registered.dataset != '', registered.dataset, scans.registration) AS registration,
    registered.title AS title,
    registered.organisation AS organisation,
    registered.owner AS owner,
    registered.cdo AS cdo,
    registered.industry AS industry,
    registered.object AS object,
    registered.subject AS subject,
    registered.purpose AS purpose,
    registered.legal_basis AS legal_basis,
    registered.openness AS openness,
    registered.assessment AS assessment,
    registered.derivation AS derivation,
    registered.derived_from AS derived_from,
    registered.share_recipients AS share_recipients,
    registered.destroyed_on AS destroyed_on,
    registered.backed_up_on AS backed_up_on,
    registered.encrypted AS encrypted
FROM (
    SELECT * FROM pii_scans
    WHERE scan_id IN (SELECT argMax(scan_id, finished_at) FROM pii_scans GROUP BY dataset)
) AS scans
LEFT JOIN (SELECT * FROM review_decisions WHERE reviewed = 'dataset') AS decisions
    ON scans.dataset = decisions.reviewed_id
LEFT JOIN dataset_registrations AS registered
    ON if(scans.registration != '', scans.registration, scans.dataset) = registered.dataset
SETTINGS join_use_nulls = 0;
