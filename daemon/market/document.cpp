#include "market/document.hpp"

#include <charconv>

namespace portfoliod::market {

std::optional<Document::Id> Document::find(Id id, std::string_view step) const {
    auto const& parent = nodes_[id];
    if (parent.kind == Kind::object) {
        for (std::uint32_t i = 0; i < parent.size; ++i)
            if (nodes_[child(id, i)].key == step) return child(id, i);
        return std::nullopt;
    }
    if (parent.kind != Kind::array) return std::nullopt;
    std::uint32_t index = 0;
    auto const [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    if (error != std::errc{} || end != step.data() + step.size() || index >= parent.size)
        return std::nullopt;
    return child(id, index);
}

} // namespace portfoliod::market
