#include "market/declaration.hpp"

#include "base/duration.hpp"
#include "market/currency_unit.hpp"
#include "market/https.hpp"
#include "market/load_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace portfoliod::market {

namespace {

std::string load_base_url(yaml::Node const& node, std::string text) {
    try {
        Url::parse(text);
    } catch (std::invalid_argument const& e) {
        node.fail(e.what());
    }
    while (text.ends_with('/')) text.pop_back();
    return text;
}

std::optional<int> load_count(yaml::Node const& limits, std::string_view key) {
    auto const node = limits.find(key);
    if (!node) return std::nullopt;
    return static_cast<int>(node->integer(1, 1'000'000));
}

OutcomeRule load_outcome_rule(yaml::Node const& node) {
    node.allow_only({"status", "at", "has", "equals", "is", "wait", "scope"});
    OutcomeRule rule;
    if (auto const status = node.find("status")) {
        auto const codes = status->is_list() ? status->items() : std::vector{*status};
        for (auto const& code : codes) rule.status.insert(static_cast<int>(code.integer(100, 599)));
    }
    if (auto const at = node.find("at")) {
        rule.at = load_pointer(*at);
        if (rule.at.find('*') != std::string::npos)
            at->fail("names one place: only rows takes a *");
    }
    if (auto const has = node.find("has")) rule.has = has->texts();
    if (auto const equals = node.find("equals")) rule.equals = equals->text();
    if (rule.status.empty() && rule.at.empty() && rule.has.empty() && !rule.equals)
        node.fail("needs a condition: status, at, has or equals");
    auto const is = node.find("is");
    if (!is) node.fail("needs an is: what such an answer means");
    rule.is = load_outcome(*is);
    if (auto const wait = node.find("wait")) {
        if (rule.is != OutcomeKind::rate_limited) wait->fail("only rate_limited has a wait");
        rule.wait = duration(*wait);
    }
    if (auto const scope = node.find("scope")) {
        if (rule.is != OutcomeKind::denied && rule.is != OutcomeKind::rate_limited)
            scope->fail("only denied and rate_limited have a scope");
        if (scope->text() != "provider" && scope->text() != "request")
            scope->fail(fmt::format("must be provider or request, not '{}'", scope->text()));
        rule.scope = scope->text() == "request" ? Scope::request : Scope::provider;
    }
    return rule;
}

void load_key(yaml::Node const& node, Declaration& declaration) {
    declaration.key_name = node.text();
    declaration.key_optional = declaration.key_name.ends_with('?');
    if (declaration.key_optional) declaration.key_name.pop_back();
    if (declaration.key_name.empty()) node.fail("must be the name of a secret");
}

std::map<std::string, std::string> load_pegs(yaml::Node const& node) {
    for (auto const& [unit, currency] : node.entries())
        if (!is_currency_code(currency.text()) || currency.text() == unit)
            currency.fail(
                fmt::format("must be the code of the currency that {} is taken for", unit));
    return load_words(node);
}

Template load_header(std::string const& name, yaml::Node const& value, std::string const& text) {
    auto const in_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    };
    if (name.empty() || !std::ranges::all_of(name, in_name)) value.fail("is no name of a header");
    auto const header = load_template(value, text);
    for (auto const& variable : header.variables())
        if (variable != "key") value.fail("a header may hold the {key} and no other variable");
    if (std::ranges::any_of(text, [](char c) { return c < ' '; })) value.fail("must be one line");
    return header;
}

bool mentions_key(Declaration const& declaration) {
    for (auto const& [name, value] : declaration.headers)
        if (value.mentions("key")) return true;
    for (auto const& request : declaration.requests) {
        if (request.path.mentions("key")) return true;
        for (auto const& [name, value] : request.query)
            if (value.mentions("key")) return true;
    }
    return false;
}

} // namespace

Limits load_limits(yaml::Node const& node) {
    node.allow_only(
        {"per_second", "per_minute", "per_hour", "per_day", "per_month", "concurrency"});
    Limits limits;
    limits.per_second = load_count(node, "per_second");
    limits.per_minute = load_count(node, "per_minute");
    limits.per_hour = load_count(node, "per_hour");
    limits.per_day = load_count(node, "per_day");
    limits.per_month = load_count(node, "per_month");
    if (auto const concurrency = node.find("concurrency"))
        limits.concurrency = static_cast<int>(concurrency->integer(1, 100));
    return limits;
}

Declaration load_declaration(yaml::Node const& root, std::string name) {
    root.allow_only({"about", "base_url", "headers", "key", "suffixes", "limits", "symbols", "pegs",
                     "outcomes", "requests"});
    Declaration declaration;
    declaration.name = std::move(name);
    if (auto const about = root.find("about")) declaration.about = about->text();
    auto const base_url = root.find("base_url");
    if (!base_url) root.fail("base_url is missing");
    declaration.base_url = load_base_url(*base_url, base_url->text());
    if (auto const headers = root.find("headers"))
        for (auto const& [header, value] : headers->entries())
            declaration.headers.emplace_back(header, load_header(header, value, value.text()));
    if (auto const key = root.find("key")) load_key(*key, declaration);
    if (auto const suffixes = root.find("suffixes")) declaration.suffixes = load_words(*suffixes);
    if (auto const limits = root.find("limits")) declaration.limits = load_limits(*limits);
    if (auto const symbols = root.find("symbols")) declaration.symbols = load_symbols(*symbols);
    if (auto const pegs = root.find("pegs")) declaration.pegs = load_pegs(*pegs);
    if (auto const outcomes = root.find("outcomes"))
        for (auto const& rule : outcomes->items())
            declaration.outcomes.push_back(load_outcome_rule(rule));
    auto const requests = root.find("requests");
    if (!requests) root.fail("requests is missing");
    if (requests->items().empty()) requests->fail("names no request");
    for (auto const& request : requests->items())
        declaration.requests.push_back(load_request(request));
    if (mentions_key(declaration) && declaration.key_name.empty())
        root.fail("{key} is used, but no key is declared");
    return declaration;
}

Declaration load_declaration(std::filesystem::path const& file) {
    return load_declaration(yaml::Node::load(file), file.stem().string());
}

Overrides load_overrides(yaml::Node const& node, Expand expand) {
    node.allow_only({"base_url", "ca_file", "limits", "headers", "key"});
    Overrides overrides;
    if (auto const base_url = node.find("base_url"))
        overrides.base_url = load_base_url(*base_url, expand(*base_url));
    if (auto const ca_file = node.find("ca_file"))
        overrides.ca_file = std::filesystem::path{node.file()}.parent_path() / expand(*ca_file);
    if (auto const limits = node.find("limits")) {
        auto const given = load_limits(*limits);
        auto const names = limits->entries();
        for (auto const& [name, value] : names)
            if (name != "concurrency") overrides.rates = given;
        if (limits->find("concurrency")) overrides.concurrency = given.concurrency;
    }
    if (auto const headers = node.find("headers"))
        for (auto const& [header, value] : headers->entries()) {
            auto const text = expand(value);
            static_cast<void>(load_header(header, value, text));
            overrides.headers.emplace_back(header, text);
        }
    if (auto const key = node.find("key")) overrides.key_value = expand(*key);
    return overrides;
}

void apply(Overrides const& overrides, Declaration& declaration) {
    if (overrides.base_url) declaration.base_url = *overrides.base_url;
    if (overrides.ca_file) declaration.ca_file = overrides.ca_file;
    if (overrides.key_value) declaration.key_value = *overrides.key_value;
    auto const concurrency = overrides.concurrency.value_or(declaration.limits.concurrency);
    if (overrides.rates) declaration.limits = *overrides.rates;
    declaration.limits.concurrency = concurrency;
    for (auto const& [name, value] : overrides.headers) {
        std::erase_if(declaration.headers, [&](auto const& have) { return have.first == name; });
        declaration.headers.emplace_back(name, Template{value});
    }
}

} // namespace portfoliod::market
