#pragma once

#include "support/database.hpp"

#include <string>

/// What a user types, as functions. Dates and times are UTC.
namespace portfoliod::test {

/// A new user with a portfolio; returns the portfolio's id.
int add_portfolio(Database& database, std::string const& email,
                  std::string const& currency = "USD");
/// Another portfolio of the user who owns that one.
int add_portfolio_of(Database& database, int portfolio);
/// exchange "" = none.
int add_asset(Database& database, std::string const& symbol, std::string const& type,
              std::string const& exchange, std::string const& currency);
/// One in dollars with yesterday's close of 7, and with all the history it could ever need: no job is
/// queued for it, and no price comes later.
int add_priced_asset(Database& database, std::string const& symbol);
void buy(Database& database, int portfolio, int asset, std::string const& quantity,
         std::string const& price, std::string const& timestamp, std::string const& fee = "0");
void sell(Database& database, int portfolio, int asset, std::string const& quantity,
          std::string const& price, std::string const& timestamp, std::string const& fee = "0");
void split(Database& database, int asset, std::string const& ex_date, int numerator,
           int denominator);
/// A position as "quantity average first_purchase_date", without trailing zeros; "none" when there
/// is no row.
std::string position(Database& database, int portfolio, int asset);

} // namespace portfoliod::test
