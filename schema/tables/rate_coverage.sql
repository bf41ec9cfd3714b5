-- portfoliod.rate_coverage: for which days each currency's daily rates have been asked for and answered.

CREATE TABLE portfoliod.rate_coverage (
    currency_code varchar(3) PRIMARY KEY
        CONSTRAINT rate_coverage_currency_is_iso_code CHECK (currency_code ~ '^[A-Z]{3}$'),
    served        datemultirange NOT NULL DEFAULT '{}'
);
