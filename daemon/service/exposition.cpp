#include "service/exposition.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace portfoliod::service {

namespace {

/// HELP has \ and line breaks escaped, a label's value " too.
std::string escaped(std::string_view text, bool quoted) {
    std::string out;
    for (char const c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '\n')
            out += "\\n";
        else if (c == '"' && quoted)
            out += "\\\"";
        else
            out += c;
    }
    return out;
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

} // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
    family_ = name;
    head_ = fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escaped(help, false), type);
}

void Exposition::sample(double value, Labels const& labels, std::string_view suffix) {
    text_ += std::exchange(head_, "");
    text_ += family_;
    text_ += suffix;
    for (auto const& label : labels)
        text_ += fmt::format("{}{}=\"{}\"", &label == &labels.front() ? "{" : ",", label.first,
                             escaped(label.second, true));
    text_ += fmt::format("{} {}\n", labels.empty() ? "" : "}", number(value));
}

void Exposition::single(std::string_view name, std::string_view type, std::string_view help,
                        double value) {
    family(name, type, help);
    sample(value);
}

} // namespace portfoliod::service
