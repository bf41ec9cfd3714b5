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
    if (rule->oldest_days && range.first < today - days{*rule->oldest_days}) {
        range.first = today - days{*rule->oldest_days};
        if (range.first > range.last) {
            plan.refusal =
                refusal(OutcomeKind::out_of_range,
                        fmt::format("{} reaches back {} days", provider.name, *rule->oldest_days));
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
    auto quotes = plan_quotes(provider, {asset});
    Plan plan;
    if (!quotes.refusals.empty()) plan.refusal = quotes.refusals.front().second;
    for (auto& batch : quotes.batches) plan.questions.push_back(std::move(batch.question));
    return plan;
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
        auto const always = rule->batch ? rule->batch->always.size() : 0;
        auto const most = rule->batch ? static_cast<std::size_t>(rule->batch->max) : 1;
        if (group.first.size() + always >= most) close(group);
    }
    for (auto& [by, group] : open) close(group);
    return plan;
}

} // namespace portfoliod::market
