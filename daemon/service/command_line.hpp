#pragma once

#include "service/config.hpp"

#include <functional>

namespace portfoliod::service {

/// The service, given how to read its configuration: at the start, and again when it is told to.
using RunDaemon = int (*)(std::function<Config()> const& read_configuration);

/// Parses the arguments, runs the command and returns the process's exit code: 0 good, 1 failed at
/// run time, 2 wrong usage or configuration. Errors are one line on stderr. `run` is handed to
/// run_daemon.
int run_command_line(int argc, char const* const* argv, RunDaemon run_daemon);

} // namespace portfoliod::service
