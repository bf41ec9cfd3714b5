-- check_staged_assets(with_metadata): reads the staged metadata, and returns the lines whose metadata is no JSON object. A catalogue
-- without that column leaves the metadata of the assets that are there already as it is.
-- Touches: pg_temp.asset_staging; reads assets.
CREATE OR REPLACE FUNCTION portfoliod.check_staged_assets(with_metadata boolean)
RETURNS TABLE (line integer, reason text)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    staged record;
    all_good boolean := true;
BEGIN
    IF NOT with_metadata THEN
        UPDATE pg_temp.asset_staging AS new SET metadata = old.metadata
        FROM public.assets AS old
        WHERE old.symbol = new.symbol AND old.exchange IS NOT DISTINCT FROM new.exchange AND old.metadata IS NOT NULL;
        RETURN;
    END IF;
    -- One by one, because a cast that fails says nothing about the others.
    FOR staged IN SELECT s.line, s.metadata_text FROM pg_temp.asset_staging AS s WHERE s.metadata_text IS NOT NULL LOOP
        BEGIN
            CONTINUE WHEN jsonb_typeof(staged.metadata_text::jsonb) = 'object';
        EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
            NULL;
        END;
        RETURN QUERY SELECT staged.line, format('metadata %L is no JSON object such as {"isin": "US0378331005"}', staged.metadata_text);
        all_good := false;
    END LOOP;
    IF all_good THEN
        UPDATE pg_temp.asset_staging AS new SET metadata = new.metadata_text::jsonb WHERE new.metadata_text IS NOT NULL;
    END IF;
END
$$;
