#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Strict YAML: what yaml-cpp accepts silently (duplicate keys, `<<`, aliases) is an error here,
/// and every complaint reads "file:line: key: what is wrong".
namespace portfoliod::yaml {

/// A node of a loaded document; a cheap value, the document lives as long as any of its nodes.
class Node {
  public:
    /// Reads a whole file or text; throws ConfigError. An empty document is an empty map.
    static Node load(std::filesystem::path const& file);
    static Node parse(std::string const& text, std::string const& name);

    [[nodiscard]] bool is_map() const;
    [[nodiscard]] bool is_list() const;
    [[nodiscard]] bool is_scalar() const;
    [[nodiscard]] bool is_null() const;

    /// The keys leading here, joined by dots: "providers.yahoo.limits". Empty for the document.
    [[nodiscard]] std::string key() const;
    /// The file this node stands in (or the name given to parse).
    [[nodiscard]] std::string file() const;
    /// Throws ConfigError "file:line: key: what".
    [[noreturn]] void fail(std::string_view what) const;

    /// A scalar's text as written (quotes removed); anything else is an error.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool boolean() const;
    /// Refuses what lies outside min … max, saying both.
    [[nodiscard]] long long integer(long long min, long long max) const;
    [[nodiscard]] double number(double min, double max) const;
    /// A list's items; anything else is an error.
    [[nodiscard]] std::vector<Node> items() const;
    /// A list's texts, or one scalar as a list of one.
    [[nodiscard]] std::vector<std::string> texts() const;
    /// A map's entries in the order of the file; anything else is an error.
    [[nodiscard]] std::vector<std::pair<std::string, Node>> entries() const;
    /// A map's entry, or nothing when absent; an error when this is no map.
    [[nodiscard]] std::optional<Node> find(std::string_view key) const;
    /// Every key of this map must be one of these; the complaint names the nearest one.
    void allow_only(std::initializer_list<std::string_view> keys) const;

  private:
    struct Content;

    explicit Node(std::shared_ptr<Content const> content) : content_(std::move(content)) {}

    std::shared_ptr<Content const> content_;
    friend struct Builder;
};

} // namespace portfoliod::yaml
