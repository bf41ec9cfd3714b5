-- index_catalogue(): moves the words of assets just loaded from the full-text index's list of pending entries into the index. Each search
-- would read that list to its end, and the planner would rather read the whole table, until a vacuum comes by.
-- SECURITY DEFINER, because only the index's owner may.
CREATE OR REPLACE FUNCTION portfoliod.index_catalogue() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM gin_clean_pending_list('public.idx_assets_search'::regclass);
END
$$;
