#pragma once

#include "base/happening.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace portfoliod::log {

/// A journal field: NAME in capitals, for example ASSET_ID, JOB_ID, PROVIDER, DURATION_USEC.
struct Field {
    Field(std::string_view name, std::string_view value) : name(name), value(value) {}

    template <class Number>
        requires std::is_arithmetic_v<Number>
    Field(std::string_view name, Number value) : name(name), value(fmt::format("{}", value)) {}

    std::string_view name; ///< a literal
    std::string value;
};

struct Line {
    Happening happening;
    std::string message;
    std::vector<Field> fields = {};
    int repeated = 0; ///< lines like this since the last one that was written, this one among them
    std::chrono::seconds within{0}; ///< so long ago that one was
};

/// Which of many like lines are written: the first of a cause at once, then one in ten minutes that
/// says how many there were. A cause is a kind of happening with what it happened to. Pure: the time
/// is handed in.
class Repeats {
  public:
    using Time = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::minutes quiet{10};
    /// Causes remembered at once; of more, the one that was written longest ago is forgotten.
    static constexpr std::size_t causes_max = 256;

    /// What is to be written now that this line comes up.
    std::vector<Line> offer(Line line, Time now);
    /// What is to be written although nothing comes up: of causes that ended in their ten minutes.
    std::vector<Line> due(Time now);

  private:
    struct Cause {
        Time written;
        int left_out = 0;
        Line last;
    };

    void forget_one();

    std::map<std::string, Cause> causes_;
};

} // namespace portfoliod::log
