-- portfoliod.divide_rounded(dividend, divisor): the quotient of two positive numbers, rounded once to 12 decimals, half up.
--
-- dividend / divisor alone would round to a precision of its own choosing first, and round() a second time after it:
-- a quotient just below a half could come out above. div() is exact on integers, so the half is added before the one
-- and only cut. The scale is that of the ledger's columns. Touches no table.

CREATE OR REPLACE FUNCTION portfoliod.divide_rounded(dividend numeric, divisor numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- the last factor is a product, not a division by 10^12: products of numerics are exact
    SELECT div(dividend * 2000000000000 + divisor, divisor * 2) * 0.000000000001
$$;
