-- What people decided about suggested grades, and the catalogue of data assets (R36 to R39, R42).

ALTER TABLE pii_finding_records ADD COLUMN IF NOT EXISTS distinct_hits UInt64; -- about how many different unmasked values
ALTER TABLE pii_finding_records ADD COLUMN IF NOT EXISTS jrt_level UInt8; -- JR/T 0197-2020, 1..5
ALTER TABLE pii_finding_records ADD COLUMN IF NOT EXISTS evidence String; -- a decision stands while this stays the same

ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS jrt_level UInt8; -- JR/T 0197-2020, 1..5, 0 for data that is not financial
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS persons UInt64; -- about how many persons it is
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS grounds Array(String); -- what the suggested grade rests on, code=about
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS questions Array(String); -- what a person should look at, code=about
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS triggers Array(LowCardinality(String)); -- GB/T 43697-2024 annex J: what changed since a grade was confirmed
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS evidence String; -- a decision stands while this stays the same
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS registration String; -- the entry of the catalogue that it falls under, or ''
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS purpose String; -- as declared when it was scanned
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS derived_from Array(String); -- as declared when it was scanned
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS scope LowCardinality(String);
ALTER TABLE pii_scans ADD COLUMN IF NOT EXISTS asset_id LowCardinality(String);

CREATE OR REPLACE VIEW pii_findings AS
SELECT * FROM pii_finding_records
WHERE scan_id IN (SELECT argMax(scan_id, finished_at) FROM pii_scans GROUP BY dataset);

-- What people declare of data sets; the last import of an entry counts, `removed` hides it.
CREATE TABLE dataset_registration_records (
    dataset                 String,                                            -- its name, or a pattern with `*`
    title                   String,
    organisation            String,
    owner                   String,                                            -- who answers for it
    cdo                     String,                                            -- chief data officer who signs its grade (R39)
    industry                LowCardinality(String),                            -- GB/T 43697-2024 annex A
    object                  LowCardinality(String),                            -- users, business, management, operations
    subject                 LowCardinality(String),                            -- public, organisation, personal
    purpose                 String,
    legal_basis             String,
    openness                LowCardinality(String),                            -- unconditional, conditional, forbidden, or ''
    persons                 UInt64,                                            -- as declared; 0 unknown
    employees_only          Bool,
    derivation              LowCardinality(String),                            -- masked, labels, statistics, fusion, or ''
    derived_from            Array(String),
    harm                    Array(String),                                     -- object/degree of the grading policy
    important_factors       Array(LowCardinality(String)),
    assessment              String,                                            -- reference of its impact assessment, or ''
    retention_days          UInt32,                                            -- 0 unknown
    destroyed_on            Nullable(Date),
    masked_columns          Array(String),                                     -- declared masked
    backed_up_on            Nullable(Date),                                    -- day of the last backup that was tried out
    encrypted               Nullable(Bool),                                    -- stored and carried encrypted, behind a login
    share_recipients        Array(String),                                     -- the sharing list (R42): the three belong together
    share_bases             Array(String),
    share_untils            Array(String),                                     -- days, '' without an end
    removed                 Bool DEFAULT false,
    updated_at              DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY dataset
SETTINGS non_replicated_deduplication_window = 1000;

CREATE VIEW dataset_registrations AS
SELECT * EXCEPT (removed) FROM (SELECT * FROM dataset_registration_records FINAL) WHERE NOT removed;

-- The last decision on each suggested grade; `demanded` and `appealed` wait for another.
CREATE VIEW review_decisions AS
SELECT
    object_type AS reviewed,
    object_id AS reviewed_id,
    argMax(audit_events.state, seq) AS decision,
    argMax(actor, seq) AS decided_by,
    argMax(role, seq) AS decided_as,
    argMax(basis, seq) AS decision_reason,
    argMax(JSONExtractString(details, 'evidence'), seq) AS decided_on,
    argMax(JSONExtractString(details, 'scan_id'), seq) AS decided_scan,
    argMax(JSONExtractString(details, 'corrected_grade'), seq) AS corrected_grade,
    argMax(JSONExtractString(details, 'corrected_entity_type'), seq) AS corrected_type,
    argMax(JSONExtractString(details, 'corrected_category'), seq) AS corrected_category,
    max(event_time) AS decided_at
FROM audit_events
WHERE object_type IN ('finding', 'dataset') AND audit_events.state != ''
GROUP BY object_type, object_id;

-- Every finding that counts, with what was decided on it. A decision stands until its evidence changes.
CREATE VIEW reviewed_findings AS
SELECT
    findings.*,
    multiIf(
        decisions.decision = '', 'open',
        decisions.decision IN ('appealed', 'demanded'), decisions.decision,
        decisions.decided_on != findings.evidence, 'outdated',
        decisions.decision
    ) AS review_state,
    multiIf(
        review_state = 'rejected', '',
        review_state = 'corrected' AND decisions.corrected_grade != '', decisions.corrected_grade,
        toString(findings.grade)
    ) AS effective_grade,
    if(review_state = 'corrected' AND decisions.corrected_type != '', decisions.corrected_type,
        toString(findings.entity_type)) AS effective_type,
    if(review_state = 'corrected' AND decisions.corrected_category != '', decisions.corrected_category,
        toString(findings.category)) AS effective_category,
    decisions.decided_by AS decided_by,
    decisions.decided_at AS decided_at,
    decisions.decision_reason AS decision_reason
FROM pii_findings AS findings
LEFT JOIN (SELECT * FROM review_decisions WHERE reviewed = 'finding') AS decisions
    ON findings.finding_id = decisions.reviewed_id
SETTINGS join_use_nulls = 0;

-- Every data set that was scanned, as its last scan found it, with what was declared of it and decided on its grade.
CREATE VIEW data_catalogue AS
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
    scans.registration AS registration,
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
LEFT JOIN dataset_registrations AS registered ON scans.registration = registered.dataset
SETTINGS join_use_nulls = 0;
