#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace portfoliod::test {

/// What a client asked for, taken apart and percent-decoded.
struct Request {
    std::string target; ///< as sent
    std::string path;
    std::map<std::string, std::string> query;

    static Request parse(std::string_view target);
    [[nodiscard]] std::optional<std::string> parameter(std::string const& name) const;
    /// The path after `prefix`, or nothing when it starts otherwise.
    [[nodiscard]] std::optional<std::string> after(std::string_view prefix) const;
};

struct Reply {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string extra_headers = {}; ///< whole lines, each ending in CR LF
};

/// A JSON string with its quotes.
std::string json_string(std::string_view text);

} // namespace portfoliod::test
