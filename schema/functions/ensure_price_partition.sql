-- portfoliod.ensure_price_partition(year): the partition of asset_prices for that year, created if it is missing.
--
-- For the daemon, which has no right to DDL of its own, and for whoever met "no partition of relation found".
-- Returns true if it was created now. Creates public.asset_prices_<year>.
--
-- LIKE + ATTACH, because CREATE … PARTITION OF takes a lock on the parent that shuts out every reader; ATTACH's lock lets
-- reading and writing go on. lock_timeout: a queued lock stops those behind it, so rather fail and be called again.

CREATE OR REPLACE FUNCTION portfoliod.ensure_price_partition(year int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '5s' AS $$
DECLARE
    partition text := 'asset_prices_' || year;
    first_day date;
    next_first_day date;
BEGIN
    IF year IS NULL OR year NOT BETWEEN 1900 AND 2999 THEN
        RAISE EXCEPTION 'year % is outside 1900 … 2999', year USING ERRCODE = 'invalid_parameter_value';
    END IF;
    first_day := make_date(year, 1, 1);
    next_first_day := make_date(year + 1, 1, 1);
    PERFORM FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'public.asset_prices'::regclass AND c.relname = partition AND NOT i.inhdetachpending;
    IF FOUND THEN
        RETURN false;           -- the usual case takes no lock at all
    END IF;
    -- the mode ATTACH takes anyway; it excludes itself, so of two callers the second waits here and then finds the partition
    LOCK TABLE ONLY public.asset_prices IN SHARE UPDATE EXCLUSIVE MODE;
    PERFORM FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'public.asset_prices'::regclass AND c.relname = partition;
    IF FOUND THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.asset_prices INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    EXECUTE format('ALTER TABLE public.asset_prices ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   partition, first_day, next_first_day);
    RETURN true;
END $$;
