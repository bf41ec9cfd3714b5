#include "base/log.hpp"

#include "base/secrets.hpp"

#include <systemd/sd-journal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace portfoliod::log {

namespace {

std::atomic<Level> threshold{Level::info};
std::array<std::atomic<std::uint64_t>, happenings_count> counts{};

std::mutex repeats_mutex;
Repeats repeats; ///< lines come from database threads too

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

std::string times(Line const& line) {
    if (line.repeated == 0) return "";
    auto const time = line.within < std::chrono::seconds{120}
                          ? fmt::format("{} s", line.within.count())
                          : fmt::format("{} min", line.within.count() / 60);
    return fmt::format(" (repeated {} time{} in {})", line.repeated, line.repeated == 1 ? "" : "s",
                       time);
}

std::string words(std::string_view message, Fields const& fields) {
    std::string text{message};
    for (auto const& field : fields)
        text +=
            fmt::format("{}{}={}", &field == &fields.front() ? " [" : " ", field.name, field.value);
    return fields.empty() ? text : text + "]";
}

std::vector<std::string> entry(Level level, std::string_view message, Fields const& fields) {
    std::vector<std::string> lines;
    lines.reserve(fields.size() + 2);
    lines.push_back(fmt::format("MESSAGE={}", message));
    lines.push_back(fmt::format("PRIORITY={}", static_cast<int>(level)));
    for (auto const& field : fields) lines.push_back(fmt::format("{}={}", field.name, field.value));
    return lines;
}

/// True when stderr is the stream systemd connected to the journal: JOURNAL_STREAM names its device
/// and inode.
bool stderr_is_the_journal() {
    char const* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status{};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
    return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

bool journal_listens() {
    static bool const journal = stderr_is_the_journal();
    return journal;
}

bool to_journal(std::vector<std::string> entry) {
    for (auto& line : entry) line = without_secrets(line);
    std::vector<iovec> parts;
    parts.reserve(entry.size());
    for (auto& line : entry) parts.push_back({line.data(), line.size()});
    return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

void to_stderr(std::string const& text) {
    // One write per line, so that the lines of several threads never mix.
    auto const line = without_secrets(text) + "\n";
    static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
}

void write(std::vector<Line> const& lines) {
    for (auto const& line : lines)
        if (!journal_listens() || !to_journal(journal_entry(line)))
            to_stderr(plain_text(line, enabled(Level::debug)));
}

} // namespace

void set_level(Level level) { threshold = level; }

bool enabled(Level level) { return level <= threshold.load(); }

void happened(Happening happening, std::string_view message, Fields fields) {
    assert(std::ranges::all_of(
        fields, [&](auto const& field) { return is_declared(kind_of(happening), field.name); }));
    ++counts.at(static_cast<std::size_t>(happening));
    if (!enabled(kind_of(happening).level)) return;
    auto const lock = std::lock_guard{repeats_mutex};
    write(repeats.offer({happening, std::string{message}, std::move(fields)},
                        Repeats::Time::clock::now()));
}

void debug(std::string_view message, Fields const& fields) {
    if (!enabled(Level::debug)) return;
    if (!journal_listens() || !to_journal(entry(Level::debug, message, fields)))
        to_stderr(fmt::format("debug: {}", words(message, fields)));
}

void write_what_is_due() {
    auto const lock = std::lock_guard{repeats_mutex};
    write(repeats.due(Repeats::Time::clock::now()));
}

std::uint64_t count(Happening happening) {
    return counts.at(static_cast<std::size_t>(happening)).load();
}

std::vector<std::string> journal_entry(Line const& line) {
    auto const& kind = kind_of(line.happening);
    auto lines = entry(kind.level, line.message + times(line), line.fields);
    lines.push_back(fmt::format("MESSAGE_ID={}", kind.message_id));
    lines.push_back(fmt::format("HAPPENING={}", kind.name));
    if (line.repeated > 0) lines.push_back(fmt::format("REPEATED={}", line.repeated));
    return lines;
}

std::string plain_text(Line const& line, bool with_fields) {
    auto const message = line.message + times(line);
    return fmt::format("{}: {}", label(kind_of(line.happening).level),
                       with_fields ? words(message, line.fields) : message);
}

} // namespace portfoliod::log
