-- portfoliod.release_quarantine(assets): admits what is in quarantine and no longer doubtful, and returns how many that were:
--   the last close before it, of ten days at most, is within 20 times of it, now that a split between the two is known, or now that
--   prices stand there which did not then;
--   or a value of its level, at most ten days away, was admitted: after a true jump a person accepts one day, not ten.
-- What rests on a split, directly or through one that does, notes it in explained_by. Values not above zero stay for accept().
-- Writes asset_prices (never over one typed by hand, nor over a finished day of another source) and portfoliod.quarantine.

CREATE OR REPLACE FUNCTION portfoliod.release_quarantine(of_assets int[]) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    doubt record;
    before record;
    vouched boolean;
    by_split date;
    released int := 0;
    before_this_round int;
BEGIN
    LOOP
        before_this_round := released;
        FOR doubt IN
            SELECT q.id, q.asset_id, q.price_date, q.value, q.source, q.is_final FROM portfoliod.quarantine AS q
            WHERE q.asset_id = ANY (of_assets) AND q.accepted_at IS NULL AND q.value > 0 AND q.value < 1e16
            ORDER BY q.asset_id, q.price_date, q.id
        LOOP
            SELECT price.close, price.timestamp::date AS day INTO before FROM public.asset_prices AS price
             WHERE price.asset_id = doubt.asset_id AND price.close > 0
               AND price.timestamp < doubt.price_date AND price.timestamp >= doubt.price_date - 10
             ORDER BY price.timestamp DESC LIMIT 1;
            vouched := FOUND AND NOT portfoliod.is_jump(doubt.asset_id, before.day, before.close, doubt.price_date, doubt.value);
            by_split := NULL;
            IF vouched AND (doubt.value > before.close * 20 OR doubt.value * 20 < before.close) THEN
                SELECT max(split.ex_date) INTO by_split FROM public.asset_splits AS split
                 WHERE split.asset_id = doubt.asset_id AND split.ex_date > before.day AND split.ex_date <= doubt.price_date;
            ELSIF vouched THEN
                SELECT admitted.explained_by INTO by_split FROM portfoliod.quarantine AS admitted
                 WHERE admitted.asset_id = doubt.asset_id AND admitted.price_date = before.day
                   AND admitted.value = before.close AND admitted.accepted_at IS NOT NULL;
            ELSE
                SELECT admitted.explained_by INTO by_split FROM portfoliod.quarantine AS admitted
                 WHERE admitted.asset_id = doubt.asset_id AND admitted.accepted_at IS NOT NULL AND admitted.value > 0
                   AND admitted.price_date BETWEEN doubt.price_date - 10 AND doubt.price_date + 10
                   AND doubt.value <= admitted.value * 20 AND doubt.value * 20 >= admitted.value
                 ORDER BY admitted.explained_by NULLS FIRST LIMIT 1;
                CONTINUE WHEN NOT FOUND;
            END IF;

            PERFORM portfoliod.ensure_price_partition(extract(year FROM doubt.price_date)::int);
            INSERT INTO public.asset_prices AS price (asset_id, timestamp, close, source, is_final)
            VALUES (doubt.asset_id, doubt.price_date, doubt.value, doubt.source, doubt.is_final)
            ON CONFLICT (asset_id, timestamp) DO UPDATE
            SET open = NULL, high = NULL, low = NULL, volume = NULL,
                close = excluded.close, source = excluded.source, is_final = excluded.is_final
            WHERE price.source <> 'manual'
              AND (NOT price.is_final OR (excluded.is_final AND price.source = excluded.source));
            UPDATE portfoliod.quarantine SET accepted_at = now() AT TIME ZONE 'UTC', explained_by = by_split WHERE id = doubt.id;
            released := released + 1;
        END LOOP;
        EXIT WHEN released = before_this_round;
    END LOOP;
    RETURN released;
END $$;
