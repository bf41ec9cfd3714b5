#include "base/log.hpp"

#include <systemd/sd-journal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace portfoliod::log {

namespace {

std::atomic<Level> threshold{Level::info};

std::string_view label(Level level) {
    switch (level) {
    case Level::error:
        return "error";
    case Level::warning:
        return "warning";
    case Level::notice:
        return "notice";
    case Level::info:
        return "info";
    case Level::debug:
        return "debug";
    }
    return "error";
}

/// True when stderr is the stream systemd connected to the journal: JOURNAL_STREAM names its device
/// and inode.
bool stderr_is_the_journal() {
    char const* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status{};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
    return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

bool to_journal(Level level, std::string_view message, Fields fields) {
    static bool const journal = stderr_is_the_journal();
    if (!journal) return false;
    std::vector<std::string> lines;
    lines.reserve(fields.size() + 2);
    lines.push_back(fmt::format("MESSAGE={}", message));
    lines.push_back(fmt::format("PRIORITY={}", static_cast<int>(level)));
    for (auto const& field : fields) lines.push_back(fmt::format("{}={}", field.name, field.value));
    std::vector<iovec> parts;
    parts.reserve(lines.size());
    for (auto& line : lines) parts.push_back({line.data(), line.size()});
    return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

} // namespace

void set_level(Level level) { threshold = level; }

bool enabled(Level level) { return level <= threshold.load(); }

void write(Level level, std::string_view message, Fields fields) {
    if (!enabled(level) || to_journal(level, message, fields)) return;
    // One write per line, so that the lines of several threads never mix.
    auto const line = fmt::format("{}: {}\n", label(level), message);
    static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
}

} // namespace portfoliod::log
