#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portfoliod::service {

/// A page of metrics in Prometheus' text format 0.0.4, as
/// https://prometheus.io/docs/instrumenting/exposition_formats/ has it.
class Exposition {
  public:
    using Labels = std::vector<std::pair<std::string_view, std::string>>;

    /// Begins a family of samples: what follows belongs to it. One without samples leaves no trace.
    /// type: counter, gauge or histogram.
    void family(std::string_view name, std::string_view type, std::string_view help);
    /// A sample of the family; `suffix` is _bucket, _sum or _count of a histogram.
    void sample(double value, Labels const& labels = {}, std::string_view suffix = "");
    /// A family of one sample.
    void single(std::string_view name, std::string_view type, std::string_view help, double value);

    [[nodiscard]] std::string const& text() const { return text_; }

  private:
    std::string text_;
    std::string family_;
    std::string head_; ///< of the family, until its first sample
};

} // namespace portfoliod::service
