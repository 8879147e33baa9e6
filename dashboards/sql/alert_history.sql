-- What people and processes did with an alert, oldest first.
SELECT seq, toDateTime64(event_time, 3, 'UTC') AS event_time, actor, role, action, state, verdict, basis, hash
FROM audit_events
WHERE object_type = 'alert'
  AND object_id IN (
    SELECT alert_id FROM alert_matches
    WHERE alert_id = {alert:String} AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
  )
ORDER BY seq
