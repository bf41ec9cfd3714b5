-- portfoliod.notify_transaction_changed(): trigger function, after each UPDATE or DELETE statement on transactions.
--
-- Replays every position a trade was taken from or moved to, and records each change like an INSERT does.
-- The one argument is the channel. Reads the transition tables old_rows and, for UPDATE, new_rows.
--
-- Old and new rows are compared as sets: an UPDATE that touches only notes or external_id changes no figure, and does nothing
-- here. Always a full replay: a removed trade may stand anywhere, even last.

CREATE OR REPLACE FUNCTION portfoliod.notify_transaction_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    -- what a figure depends on
    fields constant text := 'id, portfolio_id, asset_id, transaction_type, quantity, price, fee, timestamp, rate_to_usd';
    touched text := 'old_rows';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        touched := format('((SELECT %1$s FROM old_rows EXCEPT ALL SELECT %1$s FROM new_rows) UNION ALL
                            (SELECT %1$s FROM new_rows EXCEPT ALL SELECT %1$s FROM old_rows)) AS differing', fields);
    END IF;
    EXECUTE format(
        $q$SELECT portfoliod.record_changes($1, array_agg(portfolio_id), array_agg(asset_id),
                      array_agg('-infinity'::timestamp), array_agg(lowest_id), array_agg(earliest), array_agg(trades))
             FROM (SELECT portfolio_id, asset_id, min(timestamp) AS earliest, min(id) AS lowest_id,
                          count(DISTINCT id) AS trades
                     FROM %s GROUP BY portfolio_id, asset_id ORDER BY portfolio_id, asset_id) AS touched$q$, touched)
    USING TG_ARGV[0];
    RETURN NULL;
END $$;
