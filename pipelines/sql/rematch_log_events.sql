-- Log events to the asset of their host, else of their destination, else of their source, with its scope.
ALTER TABLE {table:Identifier} UPDATE
    asset_id = coalesce(
        nullIf(joinGet({hosts:String}, 'asset_id', toString(host)), ''),
        nullIf(joinGet({addresses:String}, 'asset_id', destination_ip), ''),
        joinGet({addresses:String}, 'asset_id', source_ip)),
    scope = coalesce(
        nullIf(joinGet({hosts:String}, 'scope', toString(host)), ''),
        nullIf(joinGet({addresses:String}, 'scope', destination_ip), ''),
        nullIf(joinGet({addresses:String}, 'scope', source_ip), ''),
        splitByChar('/', toString(scope))[1])
WHERE toString(asset_id) != coalesce(
        nullIf(joinGet({hosts:String}, 'asset_id', toString(host)), ''),
        nullIf(joinGet({addresses:String}, 'asset_id', destination_ip), ''),
        joinGet({addresses:String}, 'asset_id', source_ip))
    OR (asset_id != '' AND toString(scope) != coalesce(
        nullIf(joinGet({hosts:String}, 'scope', toString(host)), ''),
        nullIf(joinGet({addresses:String}, 'scope', destination_ip), ''),
        joinGet({addresses:String}, 'scope', source_ip)))
SETTINGS mutations_sync = 2
