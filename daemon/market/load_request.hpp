#pragma once

#include "base/yaml.hpp"
#include "market/declaration.hpp"

#include <string>

namespace portfoliod::market {

/// One entry of `requests`.
RequestRule load_request(yaml::Node const& node);

Template load_template(yaml::Node const& node);
/// The same of a text that stands for the node's own; complaints name the node.
Template load_template(yaml::Node const& node, std::string const& text);
/// A JSON Pointer: "" or "/…".
std::string load_pointer(yaml::Node const& node);
Symbols load_symbols(yaml::Node const& node);
OutcomeKind load_outcome(yaml::Node const& node);
std::map<std::string, std::string> load_words(yaml::Node const& node);

} // namespace portfoliod::market
