-- Database roles: a grant to a role covers the accounts that hold it, as files declare and databases log it.

CREATE TABLE role_records (
    role                    String,                                            -- as the databases name it
    members                 Array(String),                                     -- accounts, or roles
    valid_from              DateTime64(3, 'UTC'),
    valid_until             DateTime64(3, 'UTC'),
    as_logged               Bool,                                              -- members are also those of whom logs say so
    approved_by             String,
    removed                 Bool DEFAULT false,
    updated_at              DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (role, valid_from)
SETTINGS non_replicated_deduplication_window = 1000;

-- What the databases logged of roles. No time to live: who was given a role years ago still holds it.
CREATE TABLE role_steps (
    role                    String,                                            -- '': every role of the member
    member                  String,                                            -- '': every member of the role
    step                    LowCardinality(String),                            -- given, taken, held
    event_time              DateTime64(6, 'UTC'),
    account                 String,                                            -- who ran the statement
    service                 LowCardinality(String),
    event_id                String,                                            -- in log_events
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    recorded_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (role, member, step, event_time, event_id)
SETTINGS non_replicated_deduplication_window = 1000;
