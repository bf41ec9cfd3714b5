#include "market/text_template.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace portfoliod::market {

namespace {

constexpr std::array words = {"symbol", "base",     "quote", "suffix", "currency",
                              "native", "exchange", "days",  "key"};
constexpr std::array days = {"from", "to", "until"};

bool among(auto const& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::string in_case(std::string text, int (*change)(int)) {
    std::ranges::transform(text, text.begin(),
                           [change](unsigned char c) { return static_cast<char>(change(c)); });
    return text;
}

std::string day_text(Day day, std::string const& format) {
    auto const seconds = std::chrono::seconds{day.time_since_epoch()}.count();
    if (format == "s") return std::to_string(seconds);
    if (format == "ms") return std::to_string(seconds * 1000);
    return date::format(format, date::sys_days{day.time_since_epoch()});
}

std::string encode(std::string_view text, std::string_view kept) {
    std::string encoded;
    for (char const c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) || kept.find(c) != std::string_view::npos)
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

} // namespace

Template::Template(std::string_view text) {
    while (!text.empty()) {
        auto const open = std::min(text.find('{'), text.size());
        if (open > 0) pieces_.push_back({true, std::string{text.substr(0, open)}, {}});
        text.remove_prefix(open);
        if (text.empty()) break;
        auto const close = text.find('}');
        if (close == std::string_view::npos)
            throw std::invalid_argument{fmt::format("'{}' is not closed with a '}}'", text)};
        pieces_.push_back(variable(text.substr(1, close - 1)));
        text.remove_prefix(close + 1);
    }
}

Template::Piece Template::variable(std::string_view inside) {
    auto const mark = inside.find_first_of("|:");
    auto const name = inside.substr(0, mark);
    auto const format = mark == std::string_view::npos ? "" : inside.substr(mark + 1);
    if (among(words, name)) {
        bool const changes_case = format == "lower" || format == "upper";
        if (mark != std::string_view::npos && (inside[mark] != '|' || !changes_case))
            throw std::invalid_argument{
                fmt::format("'{{{}}}': a word takes |lower or |upper", inside)};
    } else if (among(days, name)) {
        bool const says_how = format == "s" || format == "ms" || format.starts_with('%');
        if (mark == std::string_view::npos || inside[mark] != ':' || !says_how)
            throw std::invalid_argument{
                fmt::format("'{{{}}}': a day needs :s, :ms or a format such as :%Y-%m-%d", inside)};
    } else {
        throw std::invalid_argument{fmt::format("'{{{}}}' is unknown; known here: {}, {}", inside,
                                                fmt::join(words, ", "), fmt::join(days, ", "))};
    }
    return {false, std::string{name}, std::string{format}};
}

bool Template::mentions(std::string_view name) const {
    return std::ranges::any_of(
        pieces_, [name](auto const& piece) { return !piece.literal && piece.text == name; });
}

std::vector<std::string> Template::variables() const {
    std::vector<std::string> names;
    for (auto const& piece : pieces_)
        if (!piece.literal) names.push_back(piece.text);
    return names;
}

std::string Template::value(Piece const& piece, Variables const& variables) {
    if (auto const day = variables.days.find(piece.text); day != variables.days.end())
        return day_text(day->second, piece.format);
    auto const word = variables.words.find(piece.text);
    if (word == variables.words.end()) return {};
    if (piece.format == "lower") return in_case(word->second, std::tolower);
    if (piece.format == "upper") return in_case(word->second, std::toupper);
    return word->second;
}

std::string Template::expand(Variables const& variables, Encode encode) const {
    std::string text;
    for (auto const& piece : pieces_) {
        if (piece.literal)
            text += piece.text;
        else
            text += encode ? encode(value(piece, variables)) : value(piece, variables);
    }
    return text;
}

std::string encode_query(std::string_view text) { return encode(text, "-._~"); }

std::string encode_path(std::string_view text) { return encode(text, "-._~!$&'()*+,;=:@"); }

} // namespace portfoliod::market
