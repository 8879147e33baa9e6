-- How much each table holds. A table holds every scope, so only readers of the whole city see it.
SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, toDateTime64(max(modification_time), 3, 'UTC') AS modified_at
FROM system.parts
WHERE active AND database = currentDatabase() AND {scope:String} = {root:String}
GROUP BY table
ORDER BY bytes DESC
