#include "base/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace portfoliod {

namespace {

constexpr std::size_t size_min = 4;
constexpr std::size_t secrets_max = 1000;
constexpr std::string_view shown_instead = "(secret)";

std::mutex mutex;
std::vector<std::string> secrets; ///< the longest first: one may be a part of another

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (char const c : text) {
        if (is_alphanumeric(c) || std::string_view{"-._~"}.find(c) != std::string_view::npos)
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

/// A password that is a word must not be found within other words.
bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
    auto const end = at + size;
    auto const joins = [&](std::size_t left) {
        return is_alphanumeric(text[left]) && is_alphanumeric(text[left + 1]);
    };
    return !(at > 0 && joins(at - 1)) && !(end < text.size() && joins(end - 1));
}

} // namespace

void keep_secret(std::string_view value) {
    if (value.size() < size_min) return;
    auto const lock = std::lock_guard{mutex};
    for (auto& form : {std::string{value}, percent_encoded(value)})
        if (secrets.size() < secrets_max && std::ranges::find(secrets, form) == secrets.end())
            secrets.push_back(form);
    std::ranges::sort(secrets, std::ranges::greater{}, &std::string::size);
}

std::string without_secrets(std::string_view text) {
    auto const lock = std::lock_guard{mutex};
    std::string shown{text};
    for (auto const& secret : secrets)
        for (auto at = shown.find(secret); at != std::string::npos;) {
            if (stands_alone(shown, at, secret.size())) {
                shown.replace(at, secret.size(), shown_instead);
                at = shown.find(secret, at + shown_instead.size());
            } else {
                at = shown.find(secret, at + 1);
            }
        }
    return shown;
}

} // namespace portfoliod
