-- portfoliod.refuse_old_snapshot(what): for triggers that must see what others have committed until now, which under REPEATABLE READ they do
-- not. Touches no table.
CREATE OR REPLACE FUNCTION portfoliod.refuse_old_snapshot(what text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION '% needs the isolation level READ COMMITTED', what
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Use BEGIN ISOLATION LEVEL READ COMMITTED: what others committed since this transaction began would not be counted anew.';
    END IF;
END $$;
