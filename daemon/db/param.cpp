#include "db/param.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace portfoliod::db {

Param::Param(std::vector<int> const& numbers)
    : text_(fmt::format("{{{}}}", fmt::join(numbers, ","))) {}

Param::Param(std::vector<std::int64_t> const& numbers)
    : text_(fmt::format("{{{}}}", fmt::join(numbers, ","))) {}

Param::Param(std::vector<std::string> const& texts) {
    std::string literal = "{";
    for (auto const& text : texts) {
        if (literal.size() > 1) literal += ',';
        literal += '"';
        for (char const c : text) {
            if (c == '"' || c == '\\') literal += '\\';
            literal += c;
        }
        literal += '"';
    }
    text_ = literal + "}";
}

} // namespace portfoliod::db
