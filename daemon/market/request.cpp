#include "market/request.hpp"

#include "market/windows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::market {

namespace {

using std::chrono::days;

/// Deep history day by day would keep a provider busy for hours: such a declaration is for the
/// latest days.
constexpr std::size_t questions_max = 500;

Outcome refusal(OutcomeKind kind, std::string message) { return {kind, std::move(message), {}}; }

std::string key_missing(Declaration const& provider) {
    return fmt::format("{} needs a key: set providers.{}.key (the file names it {})", provider.name,
                       provider.name, provider.key_name);
}

bool lacks_key(Declaration const& provider) {
    return !provider.key_name.empty() && !provider.key_optional && provider.key_value.empty();
}

bool serves(RequestRule const& rule, Gives gives, std::string const& what) {
    return rule.gives == gives && (rule.serves.empty() || rule.serves.contains(what));
}

RequestRule const* rule_for(Declaration const& provider, Gives gives, std::string const& type) {
    for (auto const& rule : provider.requests)
        if (serves(rule, gives, type)) return &rule;
    return nullptr;
}

Template const* symbol_template(RequestRule const& rule, std::string const& asset_type) {
    auto found = rule.symbol.find(asset_type);
    if (found == rule.symbol.end()) found = rule.symbol.find("");
    return found == rule.symbol.end() ? nullptr : &found->second;
}

std::string mapped(Declaration const& provider, RequestRule const& rule,
                   std::string const& asset_type, std::string const& ours) {
    auto const own = their_name(rule.symbols, asset_type, ours);
    return own != ours ? own : their_name(provider.symbols, asset_type, ours);
}

Variables asset_variables(Declaration const& provider, RequestRule const& rule,
                          Asset const& asset) {
    Variables variables;
    auto& words = variables.words;
    words["symbol"] = mapped(provider, rule, asset.asset_type, asset.symbol);
    words["base"] = words["symbol"];
    words["native"] = asset.native_currency;
    words["quote"] = mapped(provider, rule, asset.asset_type, asset.native_currency);
    words["exchange"] = asset.exchange;
    words["suffix"] = suffix(provider, asset.exchange);
    if (auto const* const symbol = symbol_template(rule, asset.asset_type))
        words["symbol"] = symbol->expand(variables);
    return variables;
}

void set_days(Variables& variables, DayRange range, int pad_days, Day today) {
    auto const from = range.first - days{pad_days};
    auto const to = range.last + days{pad_days};
    variables.days = {{"from", from}, {"to", to}, {"until", to + days{1}}};
    variables.words["days"] = std::to_string(std::max<long>(1, (today - from).count()));
}

/// Without an optional key, what would carry it is left out.
bool left_out(Template const& text, Declaration const& provider) {
    return provider.key_value.empty() && text.mentions("key");
}

Question question(Declaration const& provider, RequestRule const& rule, Variables variables,
                  std::optional<DayRange> asked) {
    if (!provider.key_value.empty()) variables.words["key"] = provider.key_value;
    Question question{&rule, std::move(variables), {}, {}, asked};
    question.target = rule.path.expand(question.variables, encode_path);
    char separator = '?';
    for (auto const& [name, value] : rule.query) {
        if (left_out(value, provider)) continue;
        question.target +=
            separator + encode_query(name) + "=" + encode_query(value.expand(question.variables));
        separator = '&';
    }
    for (auto const& [name, value] : provider.headers)
        if (!left_out(value, provider))
            question.headers.emplace_back(name, value.expand(question.variables));
    return question;
}

bool asks_by_name(RequestRule const& rule) {
    auto const names = [](Template const& text) {
        return text.mentions("symbol") || text.mentions("currency");
    };
    return names(rule.path) ||
           std::ranges::any_of(rule.query, [&](auto const& entry) { return names(entry.second); });
}

Variables currency_variables(Declaration const& provider, RequestRule const& rule,
                             std::string const& currency) {
    Variables variables;
    variables.words["currency"] = currency;
    variables.words["symbol"] = mapped(provider, rule, "", currency);
    if (auto const* const symbol = symbol_template(rule, ""))
        variables.words["symbol"] = symbol->expand(variables);
    return variables;
}

/// A batch's variables: the names joined, each once, with those always asked along.
Variables batch_variables(Declaration const& provider, RequestRule const& rule, Batch const& batch,
                          std::vector<std::string> const& currencies) {
    std::vector<std::string> names;
    auto const add = [&](std::string const& name) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    for (auto const& currency : currencies)
        add(currency_variables(provider, rule, currency).words["symbol"]);
    for (auto const& name : batch.always) add(name);
    Variables variables;
    variables.words["symbol"] = fmt::format("{}", fmt::join(names, batch.join));
    return variables;
}

/// The variables of each request that together ask for these currencies.
std::vector<Variables> currency_requests(Declaration const& provider, RequestRule const& rule,
                                         std::vector<std::string> const& currencies) {
    std::vector<Variables> requests;
    if (!asks_by_name(rule)) return {Variables{}};
    if (!rule.batch) {
        for (auto const& currency : currencies)
            requests.push_back(currency_variables(provider, rule, currency));
        return requests;
    }
    auto const always = rule.batch->always.size();
    auto const most = static_cast<std::size_t>(rule.batch->max);
    auto const step = most > always ? most - always : 1;
    for (std::size_t at = 0; at < currencies.size(); at += step) {
        auto const end = std::min(at + step, currencies.size());
        auto const part = std::vector(currencies.begin() + static_cast<std::ptrdiff_t>(at),
                                      currencies.begin() + static_cast<std::ptrdiff_t>(end));
        requests.push_back(batch_variables(provider, rule, *rule.batch, part));
    }
    return requests;
}

/// Which of these the rule serves; they are taken out of `wanted`.
std::vector<std::string> take_served(RequestRule const& rule, std::vector<std::string>& wanted) {
    std::vector<std::string> served;
    std::erase_if(wanted, [&](auto const& currency) {
        if (!serves(rule, rule.gives, currency)) return false;
        served.push_back(currency);
        return true;
    });
    return served;
}

struct Oldest {
    Day first = Day::min();
    std::string why;
};

// A provider that reports splits and was silent for longer may have missed one.
constexpr auto splits_fresh_for = days{31};

/// The first day of which the provider's history can be used, and why no earlier one. Prices as they
/// were traded need all splits since, which a provider that reports them may bring itself.
Oldest oldest_day(Declaration const& provider, RequestRule const& rule, Asset const& asset,
                  DayRange range, Day today) {
    Oldest oldest;
    if (rule.oldest_days)
        oldest = {today - days{*rule.oldest_days},
                  fmt::format("{} reaches back {} days", provider.name, *rule.oldest_days)};
    if (rule.adjusted == RequestRule::Adjusted::splits || asset.asset_type != "stock")
        return oldest;
    if (rule.splits && range.last >= today - splits_fresh_for) return oldest;
    auto const known = asset.splits_known_since.value_or(Day::max());
    if (known > oldest.first)
        oldest = {known, fmt::format("{} gives prices as they were traded, and which splits {} has "
                                     "had since is not known",
                                     provider.name, asset.symbol)};
    return oldest;
}

void refuse_too_many(Plan& plan, Declaration const& provider) {
    if (plan.questions.size() <= questions_max) return;
    plan.refusal =
        refusal(OutcomeKind::refused,
                fmt::format("{}: {} requests would be needed, {} is the limit; ask for fewer days",
                            provider.name, plan.questions.size(), questions_max));
    plan.questions.clear();
}

Plan plan_rates(Declaration const& provider, Gives gives, std::vector<std::string> wanted,
                std::optional<DayRange> range, Day today) {
    Plan plan;
    auto unserved = refusal(OutcomeKind::unknown_symbol,
                            fmt::format("{} has no rates of these currencies", provider.name));
    if (lacks_key(provider)) unserved = refusal(OutcomeKind::denied, key_missing(provider));
    for (auto const& rule : provider.requests) {
        if (rule.gives != gives || lacks_key(provider)) continue;
        auto const currencies = take_served(rule, wanted);
        if (currencies.empty()) continue;
        auto reached = range;
        if (range && rule.oldest_days && range->first < today - days{*rule.oldest_days}) {
            reached->first = today - days{*rule.oldest_days};
            if (reached->first > range->last) {
                unserved = refusal(
                    OutcomeKind::out_of_range,
                    fmt::format("{} reaches back {} days", provider.name, *rule.oldest_days));
                continue;
            }
            if (!plan.served || plan.served->first < reached->first) plan.served = reached;
        }
        for (auto const& variables : currency_requests(provider, rule, currencies)) {
            if (!range) {
                plan.questions.push_back(question(provider, rule, variables, {}));
                continue;
            }
            for (auto const& part : windows(*reached, rule.window, rule.pad_days)) {
                auto dated = variables;
                set_days(dated, part, rule.pad_days, today);
                plan.questions.push_back(question(provider, rule, std::move(dated), part));
            }
        }
    }
    if (plan.questions.empty()) plan.refusal = unserved;
    refuse_too_many(plan, provider);
    return plan;
}

} // namespace

std::string suffix(Declaration const& provider, std::string const& exchange) {
    auto const found = provider.suffixes.find(exchange);
    return found == provider.suffixes.end() ? "" : found->second;
}

std::string their_name(Symbols const& symbols, std::string const& asset_type,
                       std::string const& ours) {
    for (auto const& type : {asset_type, std::string{}}) {
        auto const names = symbols.find(type);
        if (names == symbols.end()) continue;
        auto const name = names->second.find(ours);
        if (name != names->second.end()) return name->second;
    }
    return ours;
}

Plan plan_history(Declaration const& provider, Asset const& asset, DayRange range, Day today) {
    Plan plan;
    auto const* const rule = rule_for(provider, Gives::history, asset.asset_type);
    if (!rule)
        plan.refusal =
            refusal(OutcomeKind::unknown_symbol, fmt::format("{} has no history of the type '{}'",
                                                             provider.name, asset.asset_type));
    else if (lacks_key(provider))
        plan.refusal = refusal(OutcomeKind::denied, key_missing(provider));
    if (plan.refusal) return plan;
    auto const oldest = oldest_day(provider, *rule, asset, range, today);
    if (oldest.first > range.first) {
        range.first = oldest.first;
        if (range.first > range.last) {
            plan.refusal = refusal(OutcomeKind::out_of_range, oldest.why);
            return plan;
        }
        plan.served = range;
    }
    for (auto const& part : windows(range, rule->window, rule->pad_days)) {
        auto variables = asset_variables(provider, *rule, asset);
        set_days(variables, part, rule->pad_days, today);
        plan.questions.push_back(question(provider, *rule, std::move(variables), part));
    }
    refuse_too_many(plan, provider);
    return plan;
}

Plan plan_quote(Declaration const& provider, Asset const& asset) {
    Plan plan;
    auto const* const rule = rule_for(provider, Gives::quote, asset.asset_type);
    if (!rule)
        plan.refusal =
            refusal(OutcomeKind::unknown_symbol, fmt::format("{} has no quotes of the type '{}'",
                                                             provider.name, asset.asset_type));
    else if (lacks_key(provider))
        plan.refusal = refusal(OutcomeKind::denied, key_missing(provider));
    if (plan.refusal) return plan;
    plan.questions.push_back(
        question(provider, *rule, asset_variables(provider, *rule, asset), {}));
    return plan;
}

Plan plan_rates_history(Declaration const& provider, std::vector<std::string> const& currencies,
                        DayRange range, Day today) {
    return plan_rates(provider, Gives::rates_history, currencies, range, today);
}

Plan plan_rates_latest(Declaration const& provider, std::vector<std::string> const& currencies) {
    return plan_rates(provider, Gives::rates_latest, currencies, {}, {});
}

} // namespace portfoliod::market
