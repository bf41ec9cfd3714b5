-- quarantine_staged_rates(): takes out of the staged rates those that are not to be believed, and puts them into quarantine, one a day for
-- each currency and source. Returns how many. A rate is doubtful when it is more than 20 times, or less than a 20th of, the last believed
-- one of the ten days before it, of the answer or of the table, whichever is nearer; unless it stands in the table already. One that is doubtful
-- speaks for none after it; after ten days of doubtful ones nothing speaks against the new level any more.
-- Touches pg_temp.rate_staging, portfoliod.quarantine; reads exchange_rates.
CREATE OR REPLACE FUNCTION portfoliod.quarantine_staged_rates()
RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    jumping text[];
    staged record;
    stored record;
    anchor_currency text;
    anchor_rate numeric;
    anchor_at timestamp;
    doubtful integer := 0;
BEGIN
    -- A day is judged anew by what its source says of it now.
    DELETE FROM portfoliod.quarantine AS doubt
    WHERE doubt.currency_code IS NOT NULL AND doubt.accepted_at IS NULL
      AND EXISTS (SELECT FROM pg_temp.rate_staging AS line
                  WHERE line.currency_code = doubt.currency_code AND line.source = doubt.source
                    AND line.observed_at::date = doubt.price_date AND line.rate_to_usd <> doubt.value);

    -- Almost every answer ends here: no step in it, nor into it, is a jump.
    jumping := ARRAY(
        SELECT DISTINCT step.currency_code
        FROM (SELECT line.currency_code, line.rate_to_usd AS rate,
                     CASE WHEN row_number() OVER by_time > 1 THEN lag(line.rate_to_usd) OVER by_time
                          ELSE (SELECT known.rate_to_usd FROM public.exchange_rates AS known
                                WHERE known.currency_code = line.currency_code AND known.timestamp < line.observed_at
                                ORDER BY known.timestamp DESC LIMIT 1) END AS before
              FROM pg_temp.rate_staging AS line
              WINDOW by_time AS (PARTITION BY line.currency_code ORDER BY line.observed_at)) AS step
        WHERE step.rate > step.before * 20 OR step.rate * 20 < step.before);

    FOR staged IN
        SELECT line.ctid AS place, line.*,
               EXISTS (SELECT FROM public.exchange_rates AS known
                       WHERE known.currency_code = line.currency_code AND known.timestamp = line.observed_at
                         AND known.rate_to_usd = line.rate_to_usd) AS is_known
        FROM pg_temp.rate_staging AS line WHERE line.currency_code = ANY (jumping) ORDER BY line.currency_code, line.observed_at
    LOOP
        IF staged.currency_code IS DISTINCT FROM anchor_currency THEN
            anchor_currency := staged.currency_code;
            anchor_at := '-infinity';
        END IF;
        SELECT known.rate_to_usd AS rate, known.timestamp AS at INTO stored
        FROM public.exchange_rates AS known
        WHERE known.currency_code = staged.currency_code AND known.timestamp < staged.observed_at AND known.timestamp > anchor_at
        ORDER BY known.timestamp DESC LIMIT 1;
        IF FOUND THEN
            anchor_rate := stored.rate;
            anchor_at := stored.at;
        END IF;
        IF staged.is_known OR anchor_at < staged.observed_at - interval '10 days'
           OR (staged.rate_to_usd <= anchor_rate * 20 AND staged.rate_to_usd * 20 >= anchor_rate) THEN
            anchor_rate := staged.rate_to_usd;
            anchor_at := staged.observed_at;
            CONTINUE;
        END IF;
        INSERT INTO portfoliod.quarantine (currency_code, price_date, observed_at, value, previous_close, reason, source)
        VALUES (staged.currency_code, staged.observed_at::date, staged.observed_at, staged.rate_to_usd, anchor_rate,
                format('%s the previous rate, %s on %s',
                       CASE WHEN staged.rate_to_usd > anchor_rate THEN 'more than 20 times' ELSE 'less than a 20th of' END,
                       trim_scale(anchor_rate), to_char(anchor_at, 'YYYY-MM-DD')), staged.source)
        ON CONFLICT DO NOTHING;
        DELETE FROM pg_temp.rate_staging AS line WHERE line.ctid = staged.place;
        doubtful := doubtful + 1;
    END LOOP;
    RETURN doubtful;
END
$$;
