-- search_assets(words): assets of the catalogue, best match first, at most 50.
--
-- The exact symbol, then symbols beginning so, then words of name and symbol by the full-text index. The index
-- alone loses tickers that are English stop words: IT, ALL, A. Returns whole rows of assets; reads only assets.

CREATE OR REPLACE FUNCTION public.search_assets(words text) RETURNS SETOF public.assets
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    WITH query AS (
        SELECT upper(trim(words)) AS symbol, websearch_to_tsquery('english', words) AS terms
    ), hit AS (
        SELECT a.id, 1 AS step, 0::real AS fit FROM query q JOIN public.assets a ON upper(a.symbol) = q.symbol
        UNION ALL
        -- starts_with as a range the prefix index can serve; '%' and '_' typed by the user have no special meaning
        SELECT a.id, 2, 0 FROM query q JOIN public.assets a
            ON upper(a.symbol) ~>=~ q.symbol AND upper(a.symbol) ~<~ (q.symbol || chr(1114111))
         WHERE q.symbol <> ''
        UNION ALL
        SELECT a.id, 3, -ts_rank(to_tsvector('english', a.name || ' ' || a.symbol), q.terms)
          FROM query q JOIN public.assets a ON to_tsvector('english', a.name || ' ' || a.symbol) @@ q.terms
    ), best AS (
        SELECT DISTINCT ON (id) id, step, fit FROM hit ORDER BY id, step, fit
    )
    SELECT a.* FROM best b JOIN public.assets a USING (id)
     ORDER BY b.step, a.is_active DESC, b.fit, length(a.symbol), a.symbol, a.id LIMIT 50
$$;
