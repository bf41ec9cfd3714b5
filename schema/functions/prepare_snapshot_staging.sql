-- prepare_snapshot_staging(): the session's own temporary table that COPY fills and merge_snapshots() reads; emptied at each commit. Made once
-- per session.
CREATE OR REPLACE FUNCTION portfoliod.prepare_snapshot_staging()
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF to_regclass('pg_temp.snapshot_staging') IS NULL THEN
        CREATE TEMPORARY TABLE snapshot_staging (
            portfolio_id integer NOT NULL,
            snapshot_date date NOT NULL,
            total_value_usd numeric(18,2) NOT NULL,
            positions_snapshot jsonb NOT NULL,
            net_flow_usd numeric(18,2),
            twr_index numeric(24,12),
            status text NOT NULL,
            value_exact numeric
        ) ON COMMIT DELETE ROWS;
    END IF;
END
$$;
