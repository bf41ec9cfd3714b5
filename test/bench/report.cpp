#include "bench/report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace portfoliod::bench {

std::optional<double> Figure::ratio() const {
    if (!reference_value || *reference_value == 0) return std::nullopt;
    return value / *reference_value;
}

void Report::add(Figure figure) {
    auto line = fmt::format("{:<66} {:>10.2f} {:<8}", figure.name, figure.value, figure.unit);
    if (figure.reference_value)
        line += fmt::format(" {:.2f} x {} ({:.2f})", *figure.ratio(), figure.reference,
                            *figure.reference_value);
    if (!figure.goal.empty())
        line += fmt::format("  goal {}: {}", figure.goal, figure.met == true ? "met" : "NOT MET");
    fmt::print("{}\n", line);
    std::fflush(stdout);
    figures_.push_back(std::move(figure));
}

bool Report::add_reference(Figure figure, Range usual, std::string const& why) {
    auto const value = figure.value;
    auto const unit = figure.unit;
    add(std::move(figure));
    if (value >= 0.7 * usual.low && value <= 1.3 * usual.high) return true;
    fmt::print("  that is more than 30 % outside the {} to {} {} of the machine the goals were set "
               "on: {}; "
               "what counts is the ratio\n",
               usual.low, usual.high, unit, why);
    return false;
}

void Report::write_json(std::string const& file) const {
    // Names and units are ours and need no escapes.
    auto const number = [](std::optional<double> value) {
        return value ? fmt::format("{}", *value) : std::string{"null"};
    };
    auto const text = [](std::string const& value) {
        return value.empty() ? std::string{"null"} : '"' + value + '"';
    };
    std::ofstream out{file};
    out << "[\n";
    for (auto const& figure : figures_)
        out << fmt::format(
            "  {{\"name\": {}, \"value\": {}, \"unit\": {}, \"reference\": {}, "
            "\"reference_value\": {}, \"ratio\": {}, \"goal\": {}, \"met\": {}}}{}\n",
            text(figure.name), figure.value, text(figure.unit), text(figure.reference),
            number(figure.reference_value), number(figure.ratio()), text(figure.goal),
            figure.met ? (*figure.met ? "true" : "false") : "null",
            &figure == &figures_.back() ? "" : ",");
    out << "]\n";
    if (!out) throw std::runtime_error{"cannot write " + file};
}

} // namespace portfoliod::bench
