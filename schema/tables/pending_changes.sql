-- portfoliod.pending_changes: the outbox. What has changed since the daemon last looked; the truth behind every NOTIFY.
--
--   portfolio_id  asset_id  currency_code   meaning
--   p             a         NULL            trades of a in p changed from from_date on
--   p             NULL      NULL            p is to be recomputed: somebody held it when its turn came; rates changed from from_date on ('infinity': none did);
--                                           where holding_changed: its user or its currency changed
--   NULL          a         NULL            prices or splits of a changed from from_date on
--   NULL          NULL      c               rates of c changed from from_date on
--
-- Written by triggers (and by the daemon, in the transactions that change what figures rest on), deleted by the drain, never updated. No key and no index: writers must never wait for one
-- another. No CHECK: each INSERT would compile it anew, and only the schema's own functions write here. No foreign key: rows outlive a deleted portfolio, because its assets are still to be recounted.

CREATE TABLE portfoliod.pending_changes (
    portfolio_id  int,
    asset_id      int,
    currency_code varchar(3),
    from_date     date NOT NULL,
    -- whether the asset may be held by others, or since other days, than before; false spares counting holders and looking for gaps
    holding_changed boolean NOT NULL DEFAULT true
) WITH (
    -- Everything inserted is soon deleted. Under load the table is all dead rows within seconds, and each
    -- drain reads them again; so vacuum by a small fixed count, at once, unthrottled.
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0,
    -- statistics of a queue describe a moment that is gone: analyse it rarely
    autovacuum_analyze_threshold = 1000000
);
