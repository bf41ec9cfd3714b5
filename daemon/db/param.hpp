#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace portfoliod::db {

/// A value bound to $n, as text: PostgreSQL's own input functions are the judges. nullopt is NULL.
class Param {
  public:
    Param(std::nullopt_t) {}

    Param(char const* text) : text_(text) {}

    Param(std::string_view text) : text_(text) {}

    Param(std::string text) : text_(std::move(text)) {}

    template <class Number>
        requires std::is_integral_v<Number>
    Param(Number number) {
        if constexpr (std::is_same_v<Number, bool>)
            text_ = number ? "t" : "f";
        else
            text_ = std::to_string(number);
    }

    Param(Day day) : text_(to_text(day)) {}

    Param(Instant instant) : text_(to_text(instant)) {}

    Param(std::chrono::seconds interval) : text_(std::to_string(interval.count()) + " seconds") {}

    /// An array literal.
    Param(std::vector<int> const& numbers);
    Param(std::vector<std::int64_t> const& numbers);
    Param(std::vector<std::string> const& texts);

    template <class Value>
    Param(std::optional<Value> const& value) : text_(value ? Param{*value}.text_ : std::nullopt) {}

    [[nodiscard]] char const* c_str() const { return text_ ? text_->c_str() : nullptr; }

  private:
    std::optional<std::string> text_;
};

using Params = std::vector<Param>;

} // namespace portfoliod::db
