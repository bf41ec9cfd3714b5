#include "base/repeats.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace portfoliod::log {

namespace {

/// Fields that say what it happened to; the others differ from one time to the next.
constexpr std::array names_the_cause = {
    std::string_view{"ASSET_ID"}, std::string_view{"PORTFOLIO_ID"}, std::string_view{"JOB_ID"},
    std::string_view{"PROVIDER"}, std::string_view{"SQLSTATE"},     std::string_view{"TASK"}};

std::string cause_of(Line const& line) {
    std::string cause{kind_of(line.happening).name};
    for (auto const& field : line.fields)
        if (std::ranges::find(names_the_cause, field.name) != names_the_cause.end())
            cause += fmt::format(" {}={}", field.name, field.value);
    return cause;
}

std::chrono::seconds since(Repeats::Time then, Repeats::Time now) {
    return std::chrono::floor<std::chrono::seconds>(now - then);
}

} // namespace

std::vector<Line> Repeats::offer(Line line, Time now) {
    std::vector<Line> to_write;
    if (kind_of(line.happening).repeats) {
        auto const name = cause_of(line);
        auto const known = causes_.find(name);
        if (known == causes_.end()) {
            if (causes_.size() >= causes_max) forget_one();
            causes_.emplace(name, Cause{now, 0, line});
            to_write.push_back(std::move(line));
        } else if (auto& cause = known->second; now < cause.written + quiet) {
            ++cause.left_out;
            cause.last = std::move(line);
        } else {
            line.repeated = cause.left_out == 0 ? 0 : cause.left_out + 1;
            line.within = since(cause.written, now);
            cause = {now, 0, line};
            to_write.push_back(std::move(line));
        }
    } else {
        to_write.push_back(std::move(line));
    }
    auto ended = due(now);
    to_write.insert(to_write.begin(), std::make_move_iterator(ended.begin()),
                    std::make_move_iterator(ended.end()));
    return to_write;
}

std::vector<Line> Repeats::due(Time now) {
    std::vector<Line> to_write;
    for (auto at = causes_.begin(); at != causes_.end();) {
        auto& cause = at->second;
        if (now < cause.written + quiet) {
            ++at;
        } else if (cause.left_out == 0) {
            at = causes_.erase(at);
        } else {
            cause.last.repeated = std::exchange(cause.left_out, 0);
            cause.last.within = since(std::exchange(cause.written, now), now);
            to_write.push_back(cause.last);
            ++at;
        }
    }
    return to_write;
}

void Repeats::forget_one() {
    causes_.erase(std::ranges::min_element(causes_, {},
                                           [](auto const& entry) { return entry.second.written; }));
}

} // namespace portfoliod::log
