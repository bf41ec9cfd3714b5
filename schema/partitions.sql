-- Partitions of asset_prices for 2000 … next year, from the start: prices older than that come through ensure_price_partition,
-- which the daemon calls before it stores them.

DO $$
BEGIN
    FOR year IN 2000 .. extract(year FROM now() AT TIME ZONE 'UTC')::int + 1 LOOP
        PERFORM portfoliod.ensure_price_partition(year);
    END LOOP;
END $$;
