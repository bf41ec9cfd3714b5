#pragma once

#include <string>

namespace portfoliod::test {

/// What a person at a terminal sees.
struct TerminalRun {
    int exit_code = 0;
    std::string text; ///< with every control character
};

/// Runs a shell command on a terminal of its own, which is its stdin, stdout and stderr, to its end. Throws std::runtime_error
/// when it says nothing for a minute.
TerminalRun run_on_terminal(std::string const& command);

} // namespace portfoliod::test
