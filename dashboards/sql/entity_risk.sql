-- The entities that carried most risk when detection last ran, with their hourly scores of the day before.
SELECT
    entity_kind, entity, risk.scope AS scope, score, tactics, risk.alerts AS alerts, trend,
    if(name = '', entity, name) AS shown_name
FROM (
    SELECT
        entity_kind,
        entity,
        history.scope AS scope,
        argMax(history.score, history.scored_at) AS score,
        argMax(history.tactics, history.scored_at) AS tactics,
        argMax(history.alerts, history.scored_at) AS alerts,
        arrayMap(each -> each.2, arraySort(groupArray((history.hour, history.score)))) AS trend,
        max(history.scored_at) AS last_scored
    FROM (
        SELECT * FROM entity_risk_history FINAL
        WHERE hour > (SELECT max(hour) FROM entity_risk_history) - INTERVAL 1 DAY
    ) AS history
    WHERE scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/'))
    GROUP BY entity_kind, entity, history.scope
) AS risk
LEFT JOIN (SELECT asset_id, name FROM monitored_assets) AS assets ON risk.entity = assets.asset_id AND risk.entity_kind = 'asset'
WHERE last_scored = (SELECT max(scored_at) FROM entity_risk_history)
ORDER BY score DESC, entity
LIMIT 10
SETTINGS join_use_nulls = 0
