-- What people decided about one suggested grade, oldest first.
SELECT
    seq, toDateTime64(event_time, 3, 'UTC') AS event_time, actor, role, state, basis,
    JSONExtractString(details, 'grade') AS suggested_grade,
    JSONExtractString(details, 'corrected_grade') AS corrected_grade
FROM audit_events
WHERE object_type = {reviewed:String} AND object_id = {id:String} AND audit_events.state != ''
  AND object_id IN (
    SELECT finding_id FROM pii_findings WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    UNION ALL
    SELECT dataset FROM data_catalogue
    WHERE {scope:String} = {root:String} OR scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/'))
  )
ORDER BY seq
