-- The protected infrastructure with its latest posture and its open alerts, worst first; unscored assets last.
SELECT
    assets.asset_id AS asset_id, name, assets.sector AS sector, kind, assets.scope AS scope,
    assets.organisation AS organisation, mlps_level, is_cii, data_grade,
    domestic_cpu + domestic_os + domestic_database + domestic_middleware AS domestic_layers,
    posture.band AS band,
    if(posture.band = '', NULL, posture.score) AS score,
    open.alerts AS open_alerts,
    open.worst AS worst_severity
FROM (SELECT * FROM monitored_assets WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))) AS assets
LEFT JOIN (SELECT asset_id, score, band FROM asset_posture) AS posture ON assets.asset_id = posture.asset_id
LEFT JOIN (
    SELECT asset_id, count() AS alerts, max(severity) AS worst
    FROM queued_alerts
    WHERE state != 'closed' AND suppression_id = '' AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    GROUP BY asset_id
) AS open ON assets.asset_id = open.asset_id
ORDER BY isNull(score), score, open_alerts DESC, asset_id
LIMIT 20000
