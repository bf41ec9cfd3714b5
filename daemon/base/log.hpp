#pragma once

#include "base/happening.hpp"
#include "base/repeats.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// One line per happening. Native fields when journald listens (stderr is its stream), a plain line
/// "level: message" on stderr otherwise. What is known to be secret (base/secrets.hpp) never gets
/// through.
namespace portfoliod::log {

using Fields = std::vector<Field>;

/// Lines above this level are dropped; info from the start. At debug, plain lines show their fields.
void set_level(Level level);
[[nodiscard]] bool enabled(Level level);

/// Counts it, and writes it unless like lines were written a moment ago. From any thread.
void happened(Happening happening, std::string_view message, Fields fields = {});
void debug(std::string_view message, Fields const& fields = {});

/// Writes what Repeats kept back for long enough. To be called now and then.
void write_what_is_due();

/// How often it happened since the start.
[[nodiscard]] std::uint64_t count(Happening happening);

/// The fields "NAME=value" of a journal entry.
std::vector<std::string> journal_entry(Line const& line);
/// "level: message", without the line's end.
std::string plain_text(Line const& line, bool with_fields);

} // namespace portfoliod::log
