#pragma once

#include "support/market_server/message.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace portfoliod::test {

/// Recorded bodies served instead of made-up ones, whatever range is asked for. A rule is one of
///   DIR          the file in DIR named like the path's last segment, with or without .json, .csv,
///   .txt, .html SYMBOL=FILE  for a path whose last segment is SYMBOL /PATH=FILE   for a path that
///   starts with /PATH
/// FILE may be followed by @STATUS ("chart.json@404"); 200 otherwise. The first rule that fits is
/// taken.
class Replay {
  public:
    /// Throws std::runtime_error when the file or directory is not there.
    void add(std::string const& rule);
    [[nodiscard]] std::optional<Reply> find(Request const& request) const;

  private:
    struct Rule {
        std::string key; ///< empty for a directory
        std::filesystem::path file;
        int status;
    };

    std::vector<Rule> rules_;
};

} // namespace portfoliod::test
