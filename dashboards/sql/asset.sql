-- One asset as the inventory describes it, with its latest posture.
SELECT
    assets.*, posture.score AS score, posture.band AS band, posture.factors AS factors, posture.scored_at AS scored_at
FROM (
    SELECT
        asset_id, name, sector, kind, scope, organisation, owner, operator, outsourcing_provider, mlps_level, is_cii,
        domestic_cpu, domestic_os, domestic_database, domestic_middleware, cloud_migration, data_grade,
        addresses, hosts, expected_sources, last_assessed_on, updated_at
    FROM monitored_assets
    WHERE asset_id = {asset:String} AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
) AS assets
LEFT JOIN (
    SELECT asset_id, score, band, factors, scored_at FROM asset_posture WHERE asset_id = {asset:String}
) AS posture ON assets.asset_id = posture.asset_id
