-- What people changed of one entry of the catalogue, newest first.
SELECT seq, toDateTime64(event_time, 3, 'UTC') AS event_time, actor, role, details, basis
FROM audit_events
WHERE object_type = 'catalogue_entry' AND object_id = {entry:String} AND {scope:String} = {root:String}
ORDER BY seq DESC
LIMIT 200
