-- Alerts as the events they rest on; one that no host or address places stays where its rule put it.
ALTER TABLE alert_matches UPDATE
    asset_id = coalesce(
        nullIf(joinGet({hosts:String}, 'asset_id', toString(host)), ''),
        nullIf(joinGet({addresses:String}, 'asset_id', destination_ip), ''),
        joinGet({addresses:String}, 'asset_id', source_ip)),
    scope = coalesce(
        nullIf(joinGet({hosts:String}, 'scope', toString(host)), ''),
        nullIf(joinGet({addresses:String}, 'scope', destination_ip), ''),
        joinGet({addresses:String}, 'scope', source_ip))
WHERE coalesce(
        nullIf(joinGet({hosts:String}, 'asset_id', toString(host)), ''),
        nullIf(joinGet({addresses:String}, 'asset_id', destination_ip), ''),
        joinGet({addresses:String}, 'asset_id', source_ip)) != ''
    AND (toString(asset_id), toString(scope)) != (
        coalesce(
            nullIf(joinGet({hosts:String}, 'asset_id', toString(host)), ''),
            nullIf(joinGet({addresses:String}, 'asset_id', destination_ip), ''),
            joinGet({addresses:String}, 'asset_id', source_ip)),
        coalesce(
            nullIf(joinGet({hosts:String}, 'scope', toString(host)), ''),
            nullIf(joinGet({addresses:String}, 'scope', destination_ip), ''),
            joinGet({addresses:String}, 'scope', source_ip)))
SETTINGS mutations_sync = 2
