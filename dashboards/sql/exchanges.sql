-- Exchanges of data between organisations, those that fail a check first, then the newest; what is declared counts
-- whenever that was.
SELECT
    exchange_id, event_time, toString(origin) AS origin, dataset, to_dataset, columns, rows, sender, sender_level,
    receiver, receiver_level, direction, toString(grade) AS grade, masked, basis_kind, basis, basis_until, ticket,
    account, breaches, event_id
FROM data_exchanges
WHERE (
    origin = 'declared'
    OR (event_time >= {since:DateTime64(6, 'UTC')} AND event_time < {until:DateTime64(6, 'UTC')})
  )
  AND ({way:String} = '' OR direction = {way:String})
  AND ({failing:UInt8} = 0 OR notEmpty(breaches))
  AND (
    {scope:String} = {root:String}
    OR sender_scope = {scope:String} OR startsWith(sender_scope, concat({scope:String}, '/'))
    OR receiver_scope = {scope:String} OR startsWith(receiver_scope, concat({scope:String}, '/'))
  )
ORDER BY notEmpty(breaches) DESC, event_time DESC, exchange_id
LIMIT {most:UInt32}
