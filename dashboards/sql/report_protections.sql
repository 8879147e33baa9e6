-- The six protections of each data set (R104): holds, fails, or unknown where nothing tells. The last 30 days of uses count.
WITH
    told AS (
        SELECT
            lower(matched_fields['dataset']) AS used, countIf(matched_fields['action'] = 'write') AS written,
            countIf(matched_fields['check'] IN ('no_basis', 'outside_window', 'bulk_read', 'over_budget')
                AND matched_fields['action'] != 'write') AS taken,
            countIf(matched_fields['action'] = 'export') AS exported
        FROM alerts
        WHERE source = 'data_access' AND verdict NOT IN ('false_positive', 'benign')
          AND detected_at >= {until:DateTime64(6, 'UTC')} - INTERVAL 30 DAY
        GROUP BY used
    ),
    uses AS (
        SELECT lower(toString(dataset)) AS used, count() AS uses FROM data_accesses
        WHERE event_time >= {until:DateTime64(6, 'UTC')} - INTERVAL 30 DAY GROUP BY used
    ),
    found AS (
        SELECT
            dataset, countIf(effective_grade IN ('general-3', 'general-4')) AS graded,
            countIf(effective_grade IN ('general-3', 'general-4') AND NOT masked) AS exposed
        FROM reviewed_findings WHERE review_state != 'rejected' GROUP BY dataset
    )
SELECT
    catalogue.dataset AS dataset, catalogue.grade AS grade,
    multiIf(told.written > 0, 'fails', uses.uses > 0, 'holds', 'unknown') AS tampering,
    multiIf(told.taken > 0, 'fails', uses.uses > 0, 'holds', 'unknown') AS theft,
    multiIf(told.exported > 0, 'fails', uses.uses > 0, 'holds', 'unknown') AS leakage,
    multiIf(found.exposed > 0, 'fails', 'holds') AS masking,
    multiIf(
        isNull(catalogue.backed_up_on), 'unknown',
        catalogue.backed_up_on < toDate({until:DateTime64(6, 'UTC')}) - 90, 'fails', 'holds'
    ) AS backup,
    multiIf(isNull(catalogue.encrypted), 'unknown', catalogue.encrypted = true, 'holds', 'fails') AS encryption
FROM data_catalogue AS catalogue
LEFT JOIN told ON lower(arrayElement(splitByChar('/', catalogue.dataset), -1)) = told.used
LEFT JOIN uses ON lower(arrayElement(splitByChar('/', catalogue.dataset), -1)) = uses.used
LEFT JOIN found ON catalogue.dataset = found.dataset
WHERE {scope:String} = {root:String} OR catalogue.scope = {scope:String}
   OR startsWith(catalogue.scope, concat({scope:String}, '/'))
ORDER BY
    indexOf(['general-1', 'general-2', 'general-3', 'general-4', 'important', 'core'], grade) DESC, dataset
LIMIT 5000
SETTINGS join_use_nulls = 0
