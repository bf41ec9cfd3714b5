-- quarantine_values(asset_id, source, is_final, doubtful): keeps aside what an answer gave as prices and no price can be: a JSON array of
-- {price_date, value, reason, excerpt}. One that a person has admitted before is staged like any other price.
-- To be called before merge_prices(). Touches portfoliod.quarantine, pg_temp.price_staging.
CREATE OR REPLACE FUNCTION portfoliod.quarantine_values(of_asset integer, said_by text, is_final boolean, doubtful jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO portfoliod.quarantine (asset_id, price_date, value, reason, source, excerpt, is_final)
    SELECT of_asset, said.price_date, said.value, said.reason, said_by, said.excerpt, quarantine_values.is_final
    FROM jsonb_to_recordset(doubtful) AS said (price_date date, value numeric, reason text, excerpt text)
    ORDER BY said.price_date
    ON CONFLICT DO NOTHING;

    INSERT INTO pg_temp.price_staging (asset_id, price_date, close, source)
    SELECT of_asset, said.price_date, said.value, said_by
    FROM jsonb_to_recordset(doubtful) AS said (price_date date, value numeric)
    JOIN portfoliod.quarantine AS known
        ON known.asset_id = of_asset AND known.price_date = said.price_date AND known.source = said_by AND known.value = said.value
    WHERE known.accepted_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM pg_temp.price_staging AS staged
                      WHERE staged.asset_id = of_asset AND staged.price_date = said.price_date);
END
$$;
