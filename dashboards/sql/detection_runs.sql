-- The last runs of the rules. A run judges every scope, so only readers of the whole city see it.
SELECT run_id, started_at, seconds, events, rules, unusable, alerts_new
FROM detection_runs
WHERE {scope:String} = {root:String}
ORDER BY started_at DESC
LIMIT 50
