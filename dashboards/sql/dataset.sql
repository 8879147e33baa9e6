-- One data set as the catalogue knows it; nothing where it is outside of the reader's scope.
SELECT
    dataset, title, organisation, owner, cdo, suggested_grade, grade, jrt_level, persons, rows, review_state,
    grounds, questions, triggers, purpose, legal_basis, assessment, industry, object, subject, openness, derivation,
    derived_from, share_recipients, destroyed_on, decided_by, decided_at, scanned_at
FROM data_catalogue
WHERE dataset = {named:String}
  AND ({scope:String} = {root:String} OR scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
