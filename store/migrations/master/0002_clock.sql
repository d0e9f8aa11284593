-- The latest moment this store knows, so that time goes on from there after a restart, also when the
-- machine's clock was set back meanwhile.

CREATE TABLE store_clock (
    pk INTEGER PRIMARY KEY CHECK (pk = 1),
    wall_ms INTEGER NOT NULL,
    boot_ms INTEGER NOT NULL,  -- of the machine's boot clock at that moment
    leapt_ms INTEGER NOT NULL, -- how much of wall_ms came by leaps of the machine's clock
    boot_id TEXT NOT NULL      -- which boot of which machine; empty when not known
) STRICT;

PRAGMA application_id = 2;
