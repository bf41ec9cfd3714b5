-- prepare_asset_staging(): the session's own temporary table that COPY fills with a catalogue; check_staged_assets() reads
-- metadata_text into metadata, merge_assets() enters the rows. `line` is the file's.
CREATE OR REPLACE FUNCTION portfoliod.prepare_asset_staging()
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    CREATE TEMPORARY TABLE asset_staging (
        line integer, symbol text, name text, asset_type text, exchange text, native_currency text, metadata_text text,
        metadata jsonb
    ) ON COMMIT DROP;
END
$$;
