#pragma once

#include "base/yaml.hpp"
#include "market/declaration.hpp"

#include <string>

namespace portfoliod::market {

/// What a request can be read as and still cannot mean: a variable that has no value here, a match
/// that `rows` does not make, a key that only another kind of request has. Throws ConfigError
/// "file:line: key: what is wrong".
void check_request(yaml::Node const& node, RequestRule const& request);

/// A time zone of the IANA.
void check_zone(yaml::Node const& node, std::string const& name);

/// A format of a date or time that reads what it writes.
void check_format(yaml::Node const& node, std::string const& format);

} // namespace portfoliod::market
