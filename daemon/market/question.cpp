#include "market/question.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::market {

namespace {

using std::chrono::days;

/// Deep history day by day would keep a provider busy for hours: such a declaration is for the
/// latest days.
constexpr std::size_t questions_max = 500;

/// Without an optional key, what would carry it is left out.
bool left_out(Template const& text, Declaration const& provider) {
    return provider.key_value.empty() && text.mentions("key");
}

} // namespace

Outcome refusal(OutcomeKind kind, std::string message) { return {kind, std::move(message), {}}; }

std::string key_missing(Declaration const& provider) {
    return fmt::format("{0} needs a key: set {1} in the environment, as a systemd credential, or "
                       "as providers.{0}.key",
                       provider.name, provider.key_name);
}

bool lacks_key(Declaration const& provider) {
    return !provider.key_name.empty() && !provider.key_optional && provider.key_value.empty();
}

bool serves(RequestRule const& rule, Gives gives, std::string const& what) {
    return rule.gives == gives && (rule.serves.empty() || rule.serves.contains(what));
}

Template const* symbol_template(RequestRule const& rule, std::string const& asset_type) {
    auto found = rule.symbol.find(asset_type);
    if (found == rule.symbol.end()) found = rule.symbol.find("");
    return found == rule.symbol.end() ? nullptr : &found->second;
}

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

std::string mapped(Declaration const& provider, RequestRule const& rule,
                   std::string const& asset_type, std::string const& ours) {
    auto const own = their_name(rule.symbols, asset_type, ours);
    return own != ours ? own : their_name(provider.symbols, asset_type, ours);
}

void set_days(Variables& variables, DayRange range, int pad_days, Day today) {
    auto const from = range.first - days{pad_days};
    auto const to = range.last + days{pad_days};
    variables.days = {{"from", from}, {"to", to}, {"until", to + days{1}}};
    variables.words["days"] = std::to_string(std::max<long>(1, (today - from).count()));
}

Question question(Declaration const& provider, RequestRule const& rule, Variables variables,
                  std::optional<DayRange> asked) {
    if (!provider.key_value.empty()) variables.words["key"] = provider.key_value;
    Question question{&rule, std::move(variables), {}, {}, asked};
    question.target = rule.path.expand(question.variables, encode_path);
    char separator = '?';
    for (auto const& [name, value] : rule.query) {
        auto const text = value.expand(question.variables);
        // An exchange the provider has no name for is not asked for by an empty one.
        if (left_out(value, provider) || text.empty()) continue;
        question.target += separator + encode_query(name) + "=" + encode_query(text);
        separator = '&';
    }
    for (auto const& [name, value] : provider.headers)
        if (!left_out(value, provider))
            question.headers.emplace_back(name, value.expand(question.variables));
    return question;
}

void refuse_too_many(Plan& plan, Declaration const& provider) {
    if (plan.questions.size() <= questions_max) return;
    plan.refusal =
        refusal(OutcomeKind::refused,
                fmt::format("{}: {} requests would be needed, {} is the limit; ask for fewer days",
                            provider.name, plan.questions.size(), questions_max));
    plan.questions.clear();
}

} // namespace portfoliod::market
