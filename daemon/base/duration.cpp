#include "base/duration.hpp"

#include <fmt/format.h>

#include <charconv>

namespace portfoliod {

std::chrono::seconds duration(yaml::Node const& node) {
    auto const text = node.text();
    long long count = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    auto const unit = std::string_view{end, text.data() + text.size()};
    long long const seconds = unit == "s"   ? 1
                              : unit == "m" ? 60
                              : unit == "h" ? 3600
                              : unit == "d" ? 86'400
                              : unit == "y" ? 365LL * 86'400
                                            : 0;
    constexpr long long longest = 1000LL * 365 * 86'400;
    if (error != std::errc{} || count <= 0 || seconds == 0 || count > longest / seconds)
        node.fail(
            fmt::format("must be a time such as 90s, 5m (minutes), 1h, 7d or 1y, not '{}'", text));
    return std::chrono::seconds{count * seconds};
}

} // namespace portfoliod
