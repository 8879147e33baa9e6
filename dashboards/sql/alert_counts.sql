-- How many alerts there are of each level, state and verdict.
SELECT level, state, verdict, count() AS alerts
FROM alerts
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
GROUP BY level, state, verdict
