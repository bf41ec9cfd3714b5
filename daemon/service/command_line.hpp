#pragma once

#include "service/config.hpp"

namespace portfoliod::service {

/// Parses the arguments, runs the command and returns the process's exit code: 0 good, 1 failed at
/// run time, 2 wrong usage or configuration. Errors are one line on stderr. `run` is handed to
/// run_daemon.
int run_command_line(int argc, char const* const* argv, int (*run_daemon)(Config const&));

} // namespace portfoliod::service
