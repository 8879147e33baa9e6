-- How much data of which grade went from which organisation to which in the period, and what is declared to go. An
-- exchange is the business of both sides.
SELECT
    sender_level, sender, receiver_level, receiver, direction, toString(grade) AS grade,
    uniqExact(lower(dataset)) AS datasets, countIf(origin != 'declared') AS exchanges,
    countIf(origin = 'declared') AS declared, sum(rows) AS rows, countIf(masked = true) AS masked,
    countIf(notEmpty(breaches)) AS failing, max(event_time) AS last_at
FROM data_exchanges
WHERE (
    origin = 'declared'
    OR (event_time >= {since:DateTime64(6, 'UTC')} AND event_time < {until:DateTime64(6, 'UTC')})
  )
  AND (
    {scope:String} = {root:String}
    OR sender_scope = {scope:String} OR startsWith(sender_scope, concat({scope:String}, '/'))
    OR receiver_scope = {scope:String} OR startsWith(receiver_scope, concat({scope:String}, '/'))
  )
GROUP BY sender_level, sender, receiver_level, receiver, direction, grade
ORDER BY
    indexOf(['national', 'province', 'city', 'department', 'county', 'township', 'market'], sender_level), sender,
    indexOf(['national', 'province', 'city', 'department', 'county', 'township', 'market'], receiver_level), receiver,
    indexOf(['general-1', 'general-2', 'general-3', 'general-4', 'important', 'core'], grade) DESC
LIMIT 2000
