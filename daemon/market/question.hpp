#pragma once

#include "market/declaration.hpp"
#include "market/request.hpp"

#include <optional>
#include <string>

/// What the plans of request.hpp have in common.
namespace portfoliod::market {

Outcome refusal(OutcomeKind kind, std::string message);

/// A key the file declares and the configuration does not give.
bool lacks_key(Declaration const& provider);
std::string key_missing(Declaration const& provider);

bool serves(RequestRule const& rule, Gives gives, std::string const& what);

/// The template of the asset type's symbol, or of any type's; null without either.
Template const* symbol_template(RequestRule const& rule, std::string const& asset_type);

/// What the provider calls it: by the request's own table, else by the file's.
std::string mapped(Declaration const& provider, RequestRule const& rule,
                   std::string const& asset_type, std::string const& ours);

/// `from`, `to`, `until` and `days`, padding included.
void set_days(Variables& variables, DayRange range, int pad_days, Day today);

/// The address and headers, from templates and variables. `asked`: without padding.
Question question(Declaration const& provider, RequestRule const& rule, Variables variables,
                  std::optional<DayRange> asked);

void refuse_too_many(Plan& plan, Declaration const& provider);

} // namespace portfoliod::market
