#include "support/market_server/misbehaviour.hpp"

#include <algorithm>
#include <iterator>

namespace portfoliod::test {

namespace {

struct Name {
    std::string_view text;
    Fault fault;
};

constexpr Name names[] = {
    {"429", Fault::too_many},
    {"500", Fault::server_error},
    {"401", Fault::denied},
    {"slow", Fault::slow},
    {"drip", Fault::drip},
    {"cut", Fault::cut},
    {"cut_politely", Fault::cut_politely},
    {"cut_chunked", Fault::cut_chunked},
    {"cut_unsized", Fault::cut_unsized},
    {"reset", Fault::reset},
    {"hang_up", Fault::hang_up},
    {"surplus", Fault::surplus},
    {"early_hints", Fault::early_hints},
    {"html", Fault::html},
    {"garbage", Fault::garbage},
    {"endless_headers", Fault::endless_headers},
    {"huge", Fault::huge},
    {"endless_body", Fault::endless_body},
    {"redirect", Fault::redirect},
    {"compressed", Fault::compressed},
    {"last", Fault::last},
};

} // namespace

std::optional<Fault> parse_fault(std::string_view name) {
    auto const* const found = std::ranges::find(names, name, &Name::text);
    if (found == std::end(names)) return std::nullopt;
    return found->fault;
}

std::vector<std::string_view> fault_names() {
    std::vector<std::string_view> all;
    std::ranges::transform(names, std::back_inserter(all), &Name::text);
    return all;
}

} // namespace portfoliod::test
