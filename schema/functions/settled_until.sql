-- settled_until(asked, last_row): up to which day an answer to `asked` may count as all there will ever be, given the
-- date of its last row. One of the last four days may still be published (funds, holidays): it counts only when
-- the answer reached it. Older days count as served even when empty: nothing was traded then.
CREATE OR REPLACE FUNCTION portfoliod.settled_until(asked daterange, last_row date, today date)
RETURNS date
LANGUAGE sql IMMUTABLE
RETURN greatest(least(upper(asked) - 1, today - 5),
                least(upper(asked) - 1, coalesce(last_row, '-infinity'))); -- least() would pass over the NULL of an empty answer
