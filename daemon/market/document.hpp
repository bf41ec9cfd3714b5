#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::market {

/// Whether PostgreSQL takes it as a text: UTF-8 without NUL.
bool is_text(std::string_view bytes);

/// An answer's body as a tree: JSON, or CSV read as an array of objects keyed by header. Numbers
/// keep the text they were sent as. Texts are views into the document, which therefore moves but is
/// not copied.
class Document {
  public:
    using Id = std::uint32_t;
    static constexpr Id root = 0;

    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

    struct Node {
        std::string_view key;  ///< in an object; "" elsewhere
        std::string_view text; ///< of a scalar; a number as sent, a string unescaped
        Id parent = root;
        std::uint32_t first = 0; ///< of a container: where its children's ids begin
        std::uint32_t size = 0;
        Kind kind = Kind::null;
    };

    /// Nothing for what is no JSON object or array in UTF-8, is cut off, or is nested or populated
    /// beyond reason.
    static std::optional<Document> from_json(std::string_view body);
    /// Nothing for what is no UTF-8, lacks one of the columns, has a line of another length than
    /// the header, or a last line without an end.
    static std::optional<Document> from_csv(std::string_view body,
                                            std::vector<std::string> const& columns);

    [[nodiscard]] Node const& node(Id id) const { return nodes_[id]; }

    /// The i-th child of a container.
    [[nodiscard]] Id child(Id id, std::uint32_t index) const {
        return children_[nodes_[id].first + index];
    }

    /// By key in an object, by decimal index in an array.
    [[nodiscard]] std::optional<Id> find(Id id, std::string_view step) const;

  private:
    friend class JsonReader;
    friend class CsvReader;

    Document() = default;

    std::shared_ptr<void const> text_; ///< what the views point into
    std::vector<Node> nodes_;
    std::vector<Id> children_;
};

} // namespace portfoliod::market
