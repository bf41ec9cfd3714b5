-- prepare_asset_staging(): the session's own temporary table that COPY fills with a catalogue and merge_assets() reads.
CREATE OR REPLACE FUNCTION portfoliod.prepare_asset_staging()
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    CREATE TEMPORARY TABLE asset_staging (
        line integer GENERATED ALWAYS AS IDENTITY,
        symbol text, name text, asset_type text, exchange text, native_currency text, metadata jsonb
    ) ON COMMIT DROP;
END
$$;
