#include "support/market_server/message.hpp"

#include <fmt/format.h>

#include <charconv>

namespace portfoliod::test {

namespace {

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int code = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr ==
                text.data() + i + 3) {
            decoded += static_cast<char>(code);
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

} // namespace

Request Request::parse(std::string_view target) {
    Request request;
    request.target = target;
    auto const path = target.substr(0, target.find('?'));
    request.path = percent_decoded(path);
    target.remove_prefix(path.size());
    while (!target.empty()) {
        target.remove_prefix(1);
        auto const pair = target.substr(0, target.find('&'));
        auto const name = pair.substr(0, pair.find('='));
        auto const value = name.size() == pair.size() ? "" : pair.substr(name.size() + 1);
        if (!name.empty()) request.query[percent_decoded(name)] = percent_decoded(value);
        target.remove_prefix(pair.size());
    }
    return request;
}

std::optional<std::string> Request::parameter(std::string const& name) const {
    auto const found = query.find(name);
    if (found == query.end()) return std::nullopt;
    return found->second;
}

std::optional<std::string> Request::after(std::string_view prefix) const {
    if (!path.starts_with(prefix)) return std::nullopt;
    return path.substr(prefix.size());
}

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\')
            quoted += fmt::format("\\{}", c);
        else if (static_cast<unsigned char>(c) < ' ')
            quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            quoted += c;
    }
    return quoted + '"';
}

} // namespace portfoliod::test
