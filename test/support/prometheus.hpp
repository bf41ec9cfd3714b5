#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace portfoliod::test {

/// Reads a page in Prometheus' text format 0.0.4 as strictly as it may be read, and by its conventions.
class PrometheusPage {
  public:
    /// Throws std::runtime_error with the line that is wrong.
    explicit PrometheusPage(std::string const& text) {
        if (text.empty() || text.back() != '\n') fail("does not end with a line's end");
        std::istringstream lines{text};
        while (std::getline(lines, line_)) read();
        end_family();
    }

    /// Of a sample as it is written: name or name{label="value"}.
    [[nodiscard]] double value(std::string const& sample) const {
        auto const found = samples_.find(sample);
        if (found == samples_.end()) throw std::runtime_error{"there is no sample " + sample};
        return found->second;
    }

    [[nodiscard]] bool has(std::string const& sample) const { return samples_.contains(sample); }

    [[nodiscard]] std::set<std::string> const& families() const { return families_; }

  private:
    [[noreturn]] void fail(std::string const& what) const {
        throw std::runtime_error{fmt::format("{}: '{}'", what, line_)};
    }

    void read() {
        static std::regex const help{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)+))"};
        static std::regex const type{
            R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))"};
        std::smatch parts;
        if (std::regex_match(line_, parts, help)) {
            end_family();
            family_ = parts[1];
            type_ = "";
            if (!families_.insert(family_).second) fail("a family twice");
        } else if (std::regex_match(line_, parts, type)) {
            if (parts[1] != family_ || !type_.empty()) fail("TYPE does not follow its HELP");
            type_ = parts[2];
            if ((type_ == "counter") != family_.ends_with("_total"))
                fail("counters end in _total, others not");
        } else {
            sample();
        }
    }

    void sample() {
        static std::regex const form{
            R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\"|\\n)*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\"|\\n)*")*\})? (NaN|[+-]Inf|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?))re"};
        std::smatch parts;
        if (type_.empty() || !std::regex_match(line_, parts, form)) fail("no sample");
        auto const name = parts[1].str();
        auto const suffix = name.starts_with(family_) ? name.substr(family_.size()) : "?";
        auto const histogram = suffix == "_bucket" || suffix == "_sum" || suffix == "_count";
        if (type_ == "histogram" ? !histogram : !suffix.empty()) fail("a sample of another family");
        auto const value = std::strtod(parts[3].str().c_str(), nullptr);
        if (!samples_.emplace(name + parts[2].str(), value).second) fail("a sample twice");
        ++family_samples_;
        if (suffix == "_bucket") bucket(value);
        if (suffix == "_count" && value != last_bucket_) fail("the count is not the last bucket's");
    }

    void bucket(double value) {
        if (value < last_bucket_) fail("a bucket holds less than the one before it");
        last_bucket_ = value;
    }

    void end_family() {
        if (!family_.empty() && family_samples_ == 0) fail("no sample of " + family_);
        family_samples_ = 0;
        last_bucket_ = 0;
    }

    std::string line_;
    std::string family_;
    std::string type_;
    int family_samples_ = 0;
    double last_bucket_ = 0;
    std::set<std::string> families_;
    std::map<std::string, double> samples_;
};

} // namespace portfoliod::test
