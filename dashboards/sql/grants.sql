-- Grants, those that wait for approval first; they belong to the city as a whole.
SELECT
    grant_id, state, subject, datasets, columns, legal_basis, purpose, ticket, valid_from, valid_until, rows_per_day,
    export, unmasked, requested_by, approved_by, toBool(valid_from <= now() AND now() < valid_until) AS holds
FROM data_grants
WHERE {scope:String} = {root:String}
ORDER BY indexOf(['proposed', 'approved', 'refused', 'revoked'], state), valid_until, grant_id
LIMIT 2000
