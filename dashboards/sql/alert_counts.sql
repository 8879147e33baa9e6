-- How many alerts there are of each level, state and verdict; `suppressed` are open, and hidden from the queue.
SELECT level, state, verdict, suppression_id != '' AND state != 'closed' AS suppressed, count() AS alerts
FROM queued_alerts
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
GROUP BY level, state, verdict, suppressed
