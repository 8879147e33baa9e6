-- Personal data found, what is not masked first, then by grade; samples are masked before they are stored.
SELECT
    finding_id, dataset, column, entity_type, category, grade, masked, rows, hits, confidence,
    sensitive_35273, sensitive_45574, masked_sample, review, scope, asset_id, found_at,
    review_state, effective_grade, effective_type, decided_by,
    count() OVER () AS total
FROM reviewed_findings
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
  AND ({dataset:String} = '' OR dataset = {dataset:String})
  AND ({asset:String} = '' OR asset_id = {asset:String})
  AND ({exposed:UInt8} = 0 OR NOT masked)
ORDER BY
    masked, indexOf(['general-1', 'general-2', 'general-3', 'general-4', 'important', 'core'], grade) DESC,
    hits DESC, dataset, column, entity_type
LIMIT 2000
