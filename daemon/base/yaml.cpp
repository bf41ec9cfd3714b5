#include "base/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <numeric>
#include <sstream>

namespace portfoliod::yaml {

struct Node::Content {
    enum class Kind { null, scalar, list, map } kind = Kind::null;
    std::string file;
    int line = 0;
    std::string key;
    std::string text;
    std::vector<Node> list;
    std::vector<std::pair<std::string, Node>> map;
};

struct Builder {
    std::string file;

    static std::string join(std::string const& parent, std::string const& key) {
        return parent.empty() ? key : parent + "." + key;
    }

    Node build(YAML::Node const& from, std::string const& key, int line_of_parent) const {
        auto content = std::make_shared<Node::Content>();
        content->file = file;
        content->key = key;
        content->line = from.Mark().is_null() ? line_of_parent : from.Mark().line + 1;
        auto node = Node{content};
        switch (from.Type()) {
        case YAML::NodeType::Undefined:
        case YAML::NodeType::Null:
            break;
        case YAML::NodeType::Scalar:
            content->kind = Node::Content::Kind::scalar;
            content->text = from.Scalar();
            break;
        case YAML::NodeType::Sequence:
            content->kind = Node::Content::Kind::list;
            for (std::size_t i = 0; i < from.size(); ++i)
                content->list.push_back(
                    build(from[i], fmt::format("{}[{}]", key, i), content->line));
            break;
        case YAML::NodeType::Map:
            content->kind = Node::Content::Kind::map;
            for (auto const& entry : from) {
                if (!entry.first.IsScalar()) node.fail("a key must be a plain word");
                auto const name = entry.first.Scalar();
                auto child = build(entry.second, join(key, name), entry.first.Mark().line + 1);
                if (name == "<<") child.fail("merge keys (<<) are not supported; write it out");
                auto const twice = std::ranges::any_of(
                    content->map, [&](auto const& have) { return have.first == name; });
                if (twice) child.fail("this key stands twice in the same map");
                content->map.emplace_back(name, std::move(child));
            }
            break;
        }
        return node;
    }
};

namespace {

int edit_distance(std::string_view a, std::string_view b) {
    std::vector<int> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        int diagonal = row[0];
        row[0] = static_cast<int>(i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            int const substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
        }
    }
    return row[b.size()];
}

/// yaml-cpp follows aliases silently: a line would mean what stands elsewhere, and a few of them can
/// stand for billions of nodes.
class AliasFinder final : public YAML::EventHandler {
  public:
    explicit AliasFinder(std::string const& name) : name_(name) {}

    void OnAlias(YAML::Mark const& mark, YAML::anchor_t /*anchor*/) override {
        throw ConfigError{fmt::format("{}:{}: anchors and aliases (&, *) are not supported; write "
                                      "it out, or put the text in quotes",
                                      name_, mark.line + 1)};
    }

    void OnDocumentStart(YAML::Mark const& /*mark*/) override {}

    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& /*mark*/, YAML::anchor_t /*anchor*/) override {}

    void OnScalar(YAML::Mark const& /*mark*/, std::string const& /*tag*/, YAML::anchor_t /*anchor*/,
                  std::string const& /*value*/) override {}

    void OnSequenceStart(YAML::Mark const& /*mark*/, std::string const& /*tag*/,
                         YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {}

    void OnSequenceEnd() override {}

    void OnMapStart(YAML::Mark const& /*mark*/, std::string const& /*tag*/,
                    YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {}

    void OnMapEnd() override {}

  private:
    std::string const& name_;
};

void refuse_aliases(std::string const& text, std::string const& name) {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    AliasFinder finder{name};
    while (parser.HandleNextDocument(finder)) {
    }
}

} // namespace

Node Node::load(std::filesystem::path const& file) {
    std::ifstream stream{file};
    std::ostringstream text;
    if (!stream || !(text << stream.rdbuf()))
        throw ConfigError{fmt::format(
            "{}: cannot be read; does it exist, and may this user read it?", file.string())};
    return parse(text.str(), file.string());
}

Node Node::parse(std::string const& text, std::string const& name) {
    try {
        refuse_aliases(text, name);
        auto const documents = YAML::LoadAll(text);
        if (documents.size() > 1)
            throw ConfigError{fmt::format("{}: holds more than one document (---)", name)};
        auto const builder = Builder{name};
        if (documents.empty() || documents.front().IsNull())
            return builder.build(YAML::Node{YAML::NodeType::Map}, "", 1);
        return builder.build(documents.front(), "", 1);
    } catch (YAML::Exception const& e) {
        throw ConfigError{fmt::format("{}:{}: not valid YAML: {}", name, e.mark.line + 1, e.msg)};
    }
}

bool Node::is_map() const { return content_->kind == Content::Kind::map; }

bool Node::is_list() const { return content_->kind == Content::Kind::list; }

bool Node::is_scalar() const { return content_->kind == Content::Kind::scalar; }

bool Node::is_null() const { return content_->kind == Content::Kind::null; }

std::string Node::key() const { return content_->key; }

std::string Node::file() const { return content_->file; }

void Node::fail(std::string_view what) const {
    auto const key = content_->key.empty() ? std::string{} : content_->key + ": ";
    throw ConfigError{fmt::format("{}:{}: {}{}", content_->file, content_->line, key, what)};
}

std::string Node::text() const {
    if (!is_scalar()) fail("must be a single value");
    return content_->text;
}

bool Node::boolean() const {
    auto const value = text();
    if (value == "true" || value == "yes" || value == "on") return true;
    if (value == "false" || value == "no" || value == "off") return false;
    fail(fmt::format("must be true or false, not '{}'", value));
}

long long Node::integer(long long min, long long max) const {
    auto const value = text();
    long long number = 0;
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < min || number > max)
        fail(fmt::format("must be a whole number from {} to {}, not '{}'", min, max, value));
    return number;
}

double Node::number(double min, double max) const {
    auto const value = text();
    double number = 0;
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || !(number >= min) ||
        !(number <= max))
        fail(fmt::format("must be a number from {} to {}, not '{}'", min, max, value));
    return number;
}

std::vector<Node> Node::items() const {
    if (!is_list()) fail("must be a list");
    return content_->list;
}

std::vector<std::string> Node::texts() const {
    if (is_scalar()) return {text()};
    std::vector<std::string> values;
    for (auto const& item : items()) values.push_back(item.text());
    return values;
}

std::vector<std::pair<std::string, Node>> Node::entries() const {
    if (!is_map()) fail("must be a map (key: value)");
    return content_->map;
}

std::optional<Node> Node::find(std::string_view key) const {
    if (!is_map()) fail("must be a map (key: value)");
    for (auto const& [name, node] : content_->map)
        if (name == key) return node;
    return std::nullopt;
}

void Node::allow_only(std::initializer_list<std::string_view> keys) const {
    for (auto const& [name, node] : entries()) {
        if (std::ranges::find(keys, name) != keys.end()) continue;
        auto const nearest = std::ranges::min_element(keys, [&](auto const& a, auto const& b) {
            return edit_distance(a, name) < edit_distance(b, name);
        });
        if (nearest != keys.end() && edit_distance(*nearest, name) <= 2)
            node.fail(fmt::format("unknown key; did you mean '{}'?", *nearest));
        node.fail(fmt::format("unknown key; known here: {}", fmt::join(keys, ", ")));
    }
}

} // namespace portfoliod::yaml
