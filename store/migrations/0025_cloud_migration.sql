-- How far an asset has moved to the government cloud (信创工程上云, R43).

ALTER TABLE monitored_asset_records ADD COLUMN IF NOT EXISTS cloud_migration LowCardinality(String); -- on_premises, planned, migrating, migrated, exempt; '': not said (R43)

CREATE OR REPLACE VIEW monitored_assets AS
SELECT * EXCEPT (removed) FROM (SELECT * FROM monitored_asset_records FINAL) WHERE NOT removed;
