-- When the last report of this scope was made.
SELECT max(event_time) AS made_at, count() AS reports FROM audit_events
WHERE action = 'report.made' AND object_id = {scope:String}
