#pragma once

#include "base/time.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::market {

/// What the templates of one request may speak of.
struct Variables {
    std::map<std::string, std::string, std::less<>> words; ///< symbol, base, quote, key …
    std::map<std::string, Day, std::less<>>
        days; ///< from, to (both asked), until (the day after `to`)
};

/// A text of a provider file with `{name}`, `{name|lower}`, `{name|upper}` and `{day:s}`,
/// `{day:ms}`, `{day:%Y-%m-%d}`.
class Template {
  public:
    Template() = default;
    /// Throws std::invalid_argument, in words for the one who wrote the file.
    explicit Template(std::string_view text);

    [[nodiscard]] bool mentions(std::string_view name) const;

    /// The variables it speaks of, in their order; one may stand there twice.
    [[nodiscard]] std::vector<std::string> variables() const;

    [[nodiscard]] bool empty() const { return pieces_.empty(); }

    using Encode = std::string (*)(std::string_view);
    /// A variable that is not set expands to nothing; each expanded variable passes through
    /// `encode`.
    [[nodiscard]] std::string expand(Variables const& variables, Encode encode = nullptr) const;

    friend bool operator==(Template const&, Template const&) = default;

  private:
    struct Piece {
        bool literal = true;
        std::string text;   ///< the literal, or the variable's name
        std::string format; ///< lower, upper, s, ms or a date format; "" = as it is

        friend bool operator==(Piece const&, Piece const&) = default;
    };

    static Piece variable(std::string_view inside);
    static std::string value(Piece const& piece, Variables const& variables);

    std::vector<Piece> pieces_;
};

/// RFC 3986: everything but unreserved characters becomes %XX.
std::string encode_query(std::string_view text);
/// The same, but characters that may stand in a path segment stay ("GC=F", "USD+GBP").
std::string encode_path(std::string_view text);

} // namespace portfoliod::market
