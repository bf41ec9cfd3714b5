-- portfoliod.lock_redenominated_asset(): trigger function, before an asset's native_currency changes.
--
-- A first trade that commits while the currency is being changed would be valued in the old one, and the change would not know of
-- its position. As with splits (lock_split_asset) one waits for the other: a trade's foreign key holds the row FOR KEY SHARE.
-- Locks rows of assets.

CREATE OR REPLACE FUNCTION portfoliod.lock_redenominated_asset() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM portfoliod.refuse_old_snapshot('Changing native_currency');
    PERFORM FROM public.assets WHERE id = OLD.id FOR UPDATE;
    RETURN NEW;
END $$;
