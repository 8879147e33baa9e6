-- Flows to the asset of their destination, else of their source, with its scope; out of every asset: back to the city.
ALTER TABLE network_flows UPDATE
    source_asset_id = joinGet({addresses:String}, 'asset_id', source_ip),
    destination_asset_id = joinGet({addresses:String}, 'asset_id', destination_ip),
    asset_id = coalesce(
        nullIf(joinGet({addresses:String}, 'asset_id', destination_ip), ''),
        joinGet({addresses:String}, 'asset_id', source_ip)),
    scope = coalesce(
        nullIf(joinGet({addresses:String}, 'scope', destination_ip), ''),
        nullIf(joinGet({addresses:String}, 'scope', source_ip), ''),
        splitByChar('/', toString(scope))[1])
WHERE (toString(source_asset_id), toString(destination_asset_id)) != (
        joinGet({addresses:String}, 'asset_id', source_ip),
        joinGet({addresses:String}, 'asset_id', destination_ip))
    OR (asset_id != '' AND scope != coalesce(
        nullIf(joinGet({addresses:String}, 'scope', destination_ip), ''),
        joinGet({addresses:String}, 'scope', source_ip)))
SETTINGS mutations_sync = 2
