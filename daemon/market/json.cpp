#include "market/document.hpp"

#include <algorithm>
#include <simdjson.h>

namespace portfoliod::market {

namespace {

namespace ondemand = simdjson::ondemand;

/// True answers are some six levels deep; a bomb must not use up our stack.
constexpr int depth_max = 64;
/// About 200 MB of tree: ten times the rates of thirty currencies since 1999.
constexpr std::size_t nodes_max = 4'000'000;

/// What the views of a JSON document point into: numbers into the body, strings into the parser's
/// buffer.
struct JsonText {
    explicit JsonText(std::string_view body) : body(body) {}

    simdjson::padded_string body;
    ondemand::parser parser;
};

std::string_view trimmed(std::string_view token) {
    auto const blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!token.empty() && blank(token.back())) token.remove_suffix(1);
    return token;
}

bool looks_numeric(std::string_view token) {
    return std::ranges::all_of(token, [](char c) {
        return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
    });
}

} // namespace

/// Walks a body once, front to back. simdjson's DOM would lose the text of numbers and refuse a
/// whole body for one big integer; On-Demand does neither, but its values can be read only once,
/// hence our own tree.
class JsonReader {
  public:
    static std::optional<Document> read(std::string_view body) {
        auto const text = std::make_shared<JsonText>(body);
        JsonReader reader;
        reader.document_.nodes_.reserve(body.size() / 16 + 1);
        ondemand::document source;
        if (text->parser.iterate(text->body).get(source)) return std::nullopt;
        if (!reader.read_root(source)) return std::nullopt;
        if (source.current_location().error() != simdjson::OUT_OF_BOUNDS) return std::nullopt;
        reader.document_.text_ = text;
        return std::move(reader.document_);
    }

  private:
    using Id = Document::Id;
    using Kind = Document::Kind;

    bool read_root(ondemand::document& source) {
        ondemand::json_type type{};
        if (source.type().get(type)) return false;
        auto const id = add({}, Document::root);
        if (type == ondemand::json_type::array) {
            ondemand::array array;
            return !source.get_array().get(array) && read_array(id, array, 1);
        }
        if (type != ondemand::json_type::object) return false;
        ondemand::object object;
        return !source.get_object().get(object) && read_object(id, object, 1);
    }

    Id add(std::string_view key, Id parent) {
        auto& nodes = document_.nodes_;
        nodes.push_back({key, {}, parent, 0, 0, Kind::null});
        return static_cast<Id>(nodes.size() - 1);
    }

    bool read_child(Id parent, std::string_view key, ondemand::value& value, int depth) {
        if (document_.nodes_.size() >= nodes_max) return false;
        auto const id = add(key, parent);
        pending_.push_back(id);
        ondemand::json_type type{};
        if (value.type().get(type)) return false;
        if (type == ondemand::json_type::array) {
            ondemand::array array;
            return depth < depth_max && !value.get_array().get(array) &&
                   read_array(id, array, depth + 1);
        }
        if (type == ondemand::json_type::object) {
            ondemand::object object;
            return depth < depth_max && !value.get_object().get(object) &&
                   read_object(id, object, depth + 1);
        }
        return read_scalar(document_.nodes_[id], type, value);
    }

    static bool read_scalar(Document::Node& node, ondemand::json_type type,
                            ondemand::value& value) {
        if (type == ondemand::json_type::string) {
            node.kind = Kind::string;
            return !value.get_string().get(node.text);
        }
        node.text = trimmed(value.raw_json_token());
        switch (type) {
        case ondemand::json_type::number:
            node.kind = Kind::number;
            return looks_numeric(node.text);
        case ondemand::json_type::boolean:
            node.kind = Kind::boolean;
            return node.text == "true" || node.text == "false";
        case ondemand::json_type::null:
            return node.text == "null";
        default:
            return false;
        }
    }

    bool read_array(Id id, ondemand::array& array, int depth) {
        document_.nodes_[id].kind = Kind::array;
        auto const begin = pending_.size();
        for (auto element : array) {
            ondemand::value value;
            if (std::move(element).get(value) || !read_child(id, {}, value, depth)) return false;
        }
        adopt(id, begin);
        return true;
    }

    bool read_object(Id id, ondemand::object& object, int depth) {
        document_.nodes_[id].kind = Kind::object;
        auto const begin = pending_.size();
        for (auto entry : object) {
            ondemand::field field;
            std::string_view key;
            if (std::move(entry).get(field) || field.unescaped_key().get(key)) return false;
            if (!read_child(id, key, field.value(), depth)) return false;
        }
        adopt(id, begin);
        return true;
    }

    /// The children noted since `begin` are those of `id`: put side by side, so that an index finds
    /// one at once.
    void adopt(Id id, std::size_t begin) {
        auto& children = document_.children_;
        auto const first = pending_.begin() + static_cast<std::ptrdiff_t>(begin);
        document_.nodes_[id].first = static_cast<std::uint32_t>(children.size());
        document_.nodes_[id].size = static_cast<std::uint32_t>(pending_.end() - first);
        children.insert(children.end(), first, pending_.end());
        pending_.erase(first, pending_.end());
    }

    Document document_;
    std::vector<Id> pending_;
};

std::optional<Document> Document::from_json(std::string_view body) {
    return JsonReader::read(body);
}

} // namespace portfoliod::market
