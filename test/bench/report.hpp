#pragma once

#include <optional>
#include <string>
#include <vector>

namespace portfoliod::bench {

/// One measured figure beside its reference of the same run.
struct Figure {
    std::string name;
    double value;
    std::string unit;
    std::string reference = {};
    std::optional<double> reference_value = {};
    std::string goal = {}; ///< "" = only reported
    std::optional<bool> met = {};

    /// value / reference_value
    [[nodiscard]] std::optional<double> ratio() const;
};

/// What a reference came to where the goals were set.
struct Range {
    double low, high;
};

/// Prints each figure as it comes and keeps it for the JSON file.
class Report {
  public:
    void add(Figure figure);
    /// A reference: one more than 30 % outside its range is explained by `why`, and then goals are met by the ratio alone.
    /// Returns whether it is inside.
    bool add_reference(Figure figure, Range usual, std::string const& why);
    /// A list of {name, value, unit, reference, reference_value, ratio, goal, met}.
    void write_json(std::string const& file) const;

  private:
    std::vector<Figure> figures_;
};

} // namespace portfoliod::bench
