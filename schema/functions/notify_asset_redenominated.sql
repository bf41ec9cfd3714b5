-- portfoliod.notify_asset_redenominated(): trigger function, after assets' native_currency changed: their trades are in another currency
-- than what was counted so far, from the first one on.
--
-- Voids the checkpoints of their positions, marks the holders' caches and writes an outbox row for each. Writes portfolio_positions
-- (restatements), portfolio_performance_cache and portfoliod.pending_changes.

CREATE OR REPLACE FUNCTION portfoliod.notify_asset_redenominated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    redenominated int[];
    holder record;
BEGIN
    redenominated := ARRAY(SELECT new_rows.id FROM new_rows JOIN old_rows USING (id)
                            WHERE new_rows.native_currency IS DISTINCT FROM old_rows.native_currency);
    IF redenominated = '{}' THEN
        RETURN NULL;
    END IF;
    -- in the order in which every writer locks positions
    FOR holder IN
        SELECT id, portfolio_id, asset_id, first_purchase_date FROM public.portfolio_positions
         WHERE asset_id = ANY (redenominated) ORDER BY portfolio_id, asset_id FOR NO KEY UPDATE
    LOOP
        UPDATE public.portfolio_positions SET restatements = restatements + 1 WHERE id = holder.id;
        INSERT INTO portfoliod.pending_changes (portfolio_id, asset_id, from_date)
        VALUES (holder.portfolio_id, holder.asset_id, holder.first_purchase_date);
        PERFORM portfoliod.invalidate_cache(holder.portfolio_id);
    END LOOP;
    RETURN NULL;
END $$;
