-- portfoliod.ledger_checkpoints: what a position's trades have cost and brought up to some trade, so that revaluing a portfolio
-- reads the trades since then and not all of them. Kept by the daemon; an empty table is right too, only slower.
--
-- A checkpoint holds while the position has the same id and the same number of restatements: what the ledger changes other than by
-- folding one later trade is a restatement. Rates it rests on may change as well; then the drain forgets it (forget_checkpoints).
-- No foreign key: deleting trades must never wait for the daemon; upkeep removes what is left behind.
-- Amounts in USD, exact; held, average_for and last_trade_price in the shares of the last trade counted.

CREATE TABLE portfoliod.ledger_checkpoints (
    position_id      integer PRIMARY KEY,
    restatements     integer NOT NULL,
    through          timestamp NOT NULL,        -- time of the last trade counted
    held             numeric NOT NULL,
    average_cost     numeric NOT NULL,          -- this cost ...
    average_for      numeric NOT NULL,          -- ... for so many
    cost_known       boolean NOT NULL,
    last_trade_price numeric,
    invested         numeric NOT NULL,
    proceeds         numeric NOT NULL,
    fees             numeric NOT NULL,
    realized         numeric NOT NULL,
    complete         boolean NOT NULL,          -- every trade has its rate
    -- for the money-weighted return, net in or (below 0) out by day: days since 1970-01-01 and USD, "19723 1005.5,19745 -434.16". Text,
    -- because it is read whole at each refresh: a thousand dates and numbers of an array cost half a millisecond to write out
    flows            text NOT NULL,
    recent_days      date[] NOT NULL,           -- the last two days with trades: for the time-weighted return of today ...
    recent_inflow    numeric[] NOT NULL,        -- ... what went in, exact ...
    recent_outflow   numeric[] NOT NULL         -- ... and what came out
) WITH (fillfactor = 70);
