#include "market/question.hpp"
#include "market/windows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::market {

namespace {

using std::chrono::days;

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

struct CurrencyRequest {
    Variables variables;
    std::vector<std::string> together; ///< the currencies of a batch
};

/// The requests that together ask for these currencies.
std::vector<CurrencyRequest> currency_requests(Declaration const& provider, RequestRule const& rule,
                                               std::vector<std::string> const& currencies) {
    std::vector<CurrencyRequest> requests;
    if (!asks_by_name(rule)) return {CurrencyRequest{}};
    if (!rule.batch) {
        for (auto const& currency : currencies)
            requests.push_back({currency_variables(provider, rule, currency), {}});
        return requests;
    }
    auto const always = rule.batch->always.size();
    auto const most = static_cast<std::size_t>(rule.batch->max);
    auto const step = most > always ? most - always : 1;
    for (std::size_t at = 0; at < currencies.size(); at += step) {
        auto const end = std::min(at + step, currencies.size());
        auto const part = std::vector(currencies.begin() + static_cast<std::ptrdiff_t>(at),
                                      currencies.begin() + static_cast<std::ptrdiff_t>(end));
        requests.push_back({batch_variables(provider, rule, *rule.batch, part), part});
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
        for (auto const& [variables, together] : currency_requests(provider, rule, currencies)) {
            if (!range) {
                plan.questions.push_back(question(provider, rule, variables, {}));
                plan.questions.back().currencies = together;
                continue;
            }
            for (auto const& part : windows(*reached, rule.window, rule.pad_days)) {
                auto dated = variables;
                set_days(dated, part, rule.pad_days, today);
                plan.questions.push_back(question(provider, rule, std::move(dated), part));
                plan.questions.back().currencies = together;
            }
        }
    }
    if (plan.questions.empty()) plan.refusal = unserved;
    refuse_too_many(plan, provider);
    return plan;
}

} // namespace

Plan plan_rates_history(Declaration const& provider, std::vector<std::string> const& currencies,
                        DayRange range, Day today) {
    return plan_rates(provider, Gives::rates_history, currencies, range, today);
}

Plan plan_rates_latest(Declaration const& provider, std::vector<std::string> const& currencies) {
    return plan_rates(provider, Gives::rates_latest, currencies, {}, {});
}

} // namespace portfoliod::market
