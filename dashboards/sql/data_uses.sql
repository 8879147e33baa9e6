-- Who used which data set in the period, most rows first.
SELECT
    account, dataset, countDistinct(event_id) AS uses, sum(rows) AS rows, countIf(action = 'export') AS exports,
    max(event_time) AS last_used
FROM (
    SELECT * FROM data_accesses FINAL
    WHERE event_time >= {since:DateTime64(6, 'UTC')} AND event_time < {until:DateTime64(6, 'UTC')}
      AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
)
GROUP BY account, dataset
ORDER BY rows DESC, uses DESC, account, dataset
LIMIT 1000
