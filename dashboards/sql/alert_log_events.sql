-- The log events that an alert rests on; the alert's own time span keeps the search narrow.
SELECT
    event_id, toDateTime64(event_time, 3, 'UTC') AS event_time, ingested_at, source, source_offset, source_type, product,
    category, service, host, user, source_ip, source_port, destination_ip, destination_port, action, outcome, message,
    mapKeys(fields) AS field_names, mapValues(fields) AS field_values
FROM log_events
WHERE event_time >= {since:DateTime64(6, 'UTC')} AND event_time <= {until:DateTime64(6, 'UTC')}
  AND has({event_ids:Array(String)}, event_id)
  AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY event_time, event_id
LIMIT 50
