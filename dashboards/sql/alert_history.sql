-- What people and processes did with an alert, and the suppressions made from it, oldest first.
SELECT seq, toDateTime64(event_time, 3, 'UTC') AS event_time, actor, role, action, state, verdict, basis, hash
FROM audit_events
WHERE if(object_type = 'suppression', JSONExtractString(details, 'alert_id'), if(object_type = 'alert', object_id, '')) IN (
    SELECT alert_id FROM alert_matches
    WHERE alert_id = {alert:String} AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
)
ORDER BY seq
