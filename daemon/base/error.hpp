#pragma once

#include <stdexcept>

namespace portfoliod {

/// What went wrong at run time, in one line that says what to do. Exit code 1.
class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Wrong usage or configuration, in one line ("file:line: key: what is wrong"). Exit code 2.
class ConfigError : public Failure {
  public:
    using Failure::Failure;
};

} // namespace portfoliod
