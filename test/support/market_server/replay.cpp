#include "support/market_server/replay.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace portfoliod::test {

namespace fs = std::filesystem;

namespace {

Reply recorded(fs::path const& file, int status) {
    std::ifstream in(file, std::ios::binary);
    auto body = std::string(std::istreambuf_iterator<char>(in), {});
    auto const extension = file.extension();
    auto const type = extension == ".csv"    ? "text/csv"
                      : extension == ".html" ? "text/html"
                      : extension == ".txt"  ? "text/plain"
                                             : "application/json";
    return {status, type, std::move(body)};
}

std::optional<fs::path> file_in(fs::path const& directory, std::string const& name) {
    if (name.empty() || name == "." || name == "..") return std::nullopt;
    for (char const* const extension : {"", ".json", ".csv", ".txt", ".html"})
        if (auto const file = directory / (name + extension); fs::is_regular_file(file))
            return file;
    return std::nullopt;
}

} // namespace

void Replay::add(std::string const& rule) {
    if (fs::is_directory(rule)) {
        rules_.push_back({"", rule, 200});
        return;
    }
    // "EURUSD=X=chart.json": the last '=' parts symbol and file
    auto const equals = rule.rfind('=');
    if (equals == rule.npos || equals == 0)
        throw std::runtime_error(
            fmt::format("--replay {}: neither a directory nor KEY=FILE", rule));
    auto file = rule.substr(equals + 1);
    int status = 200;
    if (auto const at = file.rfind('@'); at != file.npos && !fs::exists(file)) {
        status = std::atoi(file.c_str() + at + 1);
        file.resize(at);
    }
    if (!fs::is_regular_file(file) || status < 100 || status > 599)
        throw std::runtime_error(fmt::format("--replay {}: no such file", rule));
    rules_.push_back({rule.substr(0, equals), file, status});
}

std::optional<Reply> Replay::find(Request const& request) const {
    auto const last_segment = request.path.substr(request.path.rfind('/') + 1);
    for (auto const& rule : rules_) {
        if (rule.key.empty()) {
            if (auto const file = file_in(rule.file, last_segment))
                return recorded(*file, rule.status);
        } else if (rule.key == last_segment ||
                   (rule.key.front() == '/' && request.path.starts_with(rule.key))) {
            return recorded(rule.file, rule.status);
        }
    }
    return std::nullopt;
}

} // namespace portfoliod::test
