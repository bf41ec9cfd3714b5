#include "market/question.hpp"
#include "market/windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace portfoliod::market {

namespace {

using std::chrono::days;

/// The request that asks for this, or why there is none.
struct Choice {
    RequestRule const* rule = nullptr;
    std::optional<Outcome> refusal;
};

bool names(Symbols const& symbols, std::string const& type, std::string const& ours) {
    auto const found = symbols.find(type);
    return found != symbols.end() && found->second.contains(ours);
}

bool is_mapped(Declaration const& provider, RequestRule const& rule, Asset const& asset) {
    for (auto const* const symbols : {&rule.symbols, &provider.symbols})
        for (auto const& type : {asset.asset_type, std::string{}})
            if (names(*symbols, type, asset.symbol)) return true;
    return false;
}

Choice choose(Declaration const& provider, Gives gives, Asset const& asset) {
    auto const rule = std::ranges::find_if(provider.requests, [&](auto const& request) {
        return serves(request, gives, asset.asset_type);
    });
    if (rule == provider.requests.end())
        return {nullptr, refusal(OutcomeKind::unknown_symbol,
                                 fmt::format("{} has no {} of the type '{}'", provider.name,
                                             gives == Gives::quote ? "quotes" : "history",
                                             asset.asset_type))};
    if (lacks_key(provider)) return {nullptr, refusal(OutcomeKind::denied, key_missing(provider))};
    if (rule->mapped_only && !is_mapped(provider, *rule, asset))
        return {nullptr, refusal(OutcomeKind::unknown_symbol,
                                 fmt::format("{} is asked only for the symbols its file names, and "
                                             "'{}' is not among them",
                                             provider.name, asset.symbol))};
    return {&*rule, {}};
}

/// The symbols joined, each once; what else the request says of assets is the same for all of them.
Variables together(Declaration const& provider, RequestRule const& rule,
                   std::vector<Asset> const& assets, std::vector<std::size_t> const& some) {
    auto variables = asset_variables(provider, rule, assets[some.front()]);
    if (!rule.batch) return variables;
    std::vector<std::string> symbols;
    auto const add = [&](std::string const& symbol) {
        if (std::ranges::find(symbols, symbol) == symbols.end()) symbols.push_back(symbol);
    };
    for (auto const index : some)
        add(asset_variables(provider, rule, assets[index]).words["symbol"]);
    for (auto const& symbol : rule.batch->always) add(symbol);
    variables.words["symbol"] = fmt::format("{}", fmt::join(symbols, rule.batch->join));
    return variables;
}

/// Assets with the same one can be asked for together: the address without the symbol.
std::string address(Declaration const& provider, RequestRule const& rule, Asset const& asset) {
    auto variables = asset_variables(provider, rule, asset);
    variables.words["symbol"].clear();
    return question(provider, rule, std::move(variables), {}).target;
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

/// Of what a batch may hold, those always asked along take their part.
std::size_t most_together(RequestRule const& rule) {
    if (!rule.batch) return 1;
    auto const always = rule.batch->always.size();
    auto const most = static_cast<std::size_t>(rule.batch->max);
    return most > always ? most - always : 1;
}

} // namespace

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

Plan plan_history(Declaration const& provider, Asset const& asset, DayRange range, Day today) {
    Plan plan;
    auto const [rule, refused] = choose(provider, Gives::history, asset);
    plan.refusal = refused;
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

int quotes_together(Declaration const& provider, Asset const& asset) {
    auto const choice = choose(provider, Gives::quote, asset);
    return choice.rule ? static_cast<int>(most_together(*choice.rule)) : 1;
}

QuotesPlan plan_quotes(Declaration const& provider, std::vector<Asset> const& assets) {
    QuotesPlan plan;
    using Group = std::pair<std::vector<std::size_t>, RequestRule const*>;
    std::map<std::pair<RequestRule const*, std::string>, Group> open;
    auto const close = [&](Group& group) {
        auto& [some, rule] = group;
        if (some.empty()) return;
        auto variables = together(provider, *rule, assets, some);
        plan.batches.push_back({question(provider, *rule, std::move(variables), {}), some});
        some.clear();
    };
    for (std::size_t i = 0; i < assets.size(); ++i) {
        auto const [rule, refused] = choose(provider, Gives::quote, assets[i]);
        if (refused) {
            plan.refusals.emplace_back(i, *refused);
            continue;
        }
        auto& group = open[{rule, rule->batch ? address(provider, *rule, assets[i]) : ""}];
        group.first.push_back(i);
        group.second = rule;
        if (group.first.size() >= most_together(*rule)) close(group);
    }
    for (auto& [by, group] : open) close(group);
    return plan;
}

} // namespace portfoliod::market
