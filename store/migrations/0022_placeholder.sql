-- Holds the number of another branch's migration, which takes its place when both are merged.
DROP VIEW IF EXISTS placeholder;
