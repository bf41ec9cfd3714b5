#include "market/https.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace portfoliod::market {

namespace {

[[noreturn]] void refuse(std::string_view what) { throw std::invalid_argument(std::string(what)); }

bool is_host_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
}

bool is_address_character(char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
}

/// Blanks and control characters would end the request line early; beyond ASCII must be
/// percent-encoded.
bool is_target_character(char c) { return c > ' ' && c < '\x7f'; }

bool starts_with_https(std::string_view text) {
    constexpr std::string_view scheme = "https://";
    return text.size() > scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), text.begin(), [](char wanted, char given) {
               return wanted == std::tolower(static_cast<unsigned char>(given));
           });
}

void check_port(std::string const& port) {
    int number = 0;
    auto const* const last = port.data() + port.size();
    auto const [end, error] = std::from_chars(port.data(), last, number);
    if (error != std::errc{} || end != last || number < 1 || number > 65'535)
        refuse(fmt::format("'{}' is no port; it is a number from 1 to 65535", port));
}

} // namespace

Url Url::parse(std::string_view text) {
    if (!starts_with_https(text)) refuse("must be an address that starts with https://");
    text.remove_prefix(std::string_view("https://").size());
    text = text.substr(0, text.find('#'));

    auto const authority = text.substr(0, text.find_first_of("/?"));
    auto target = std::string(text.substr(authority.size()));
    if (target.empty() || target.front() != '/') target.insert(0, "/");
    if (!std::ranges::all_of(target, is_target_character))
        refuse("must not hold blanks or control characters; write them percent-encoded");
    if (authority.find('@') != authority.npos) refuse("must not hold a user name or password");

    bool const bracketed = authority.starts_with('[');
    auto const host_end = bracketed ? authority.find(']') : authority.find(':');
    if (bracketed && host_end == authority.npos) refuse("has a '[' without a ']'");
    auto const host = authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
    if (host.empty()) refuse("names no host");
    if (!std::ranges::all_of(host, bracketed ? is_address_character : is_host_character))
        refuse(fmt::format("'{}' is no host name", host));

    auto rest = host_end == authority.npos ? std::string_view{} : authority.substr(host_end);
    if (bracketed) rest.remove_prefix(1);
    auto port = std::string("443");
    if (!rest.empty()) {
        if (rest.front() != ':') refuse("has something other than a port after the host");
        port = rest.substr(1);
        check_port(port);
    }
    return Url{std::string(host), std::move(port), std::move(target)};
}

} // namespace portfoliod::market
