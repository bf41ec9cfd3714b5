#include "performance/restatements.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

namespace portfoliod::performance {

namespace {

using valuation::Cents;

/// |now − before| / |before|, compared as a > b by multiplying: before may be 0.
bool moved_more(Cents const& before, Cents const& now, Cents const& other_before,
                Cents const& other_now) {
    return magnitude(now - before) * magnitude(other_before) >
           magnitude(other_now - other_before) * magnitude(before);
}

/// By more than 0.5 %.
bool is_noteworthy(Cents const& before, Cents const& now) {
    static auto const per_mille = valuation::Fixed<0>::parse("200");
    return magnitude(now - before) * per_mille > magnitude(before);
}

} // namespace

void Restatements::add(db::Row const& row) {
    auto const before = Cents::parse(row.text(2));
    auto const now = Cents::parse(row.text(4));
    if (before == now) return; // only its status, a price's day or the index is another
    ++days_;
    auto const portfolio = row.integer(0);
    auto const day = row.day(1);
    if (log::enabled(log::Level::debug))
        lines_.push_back(fmt::format("portfolio {}: {} was worth {} and is now worth {} USD",
                                     portfolio, to_text(day), before.to_text(), now.to_text()));
    if (row.text(3) == "final" && is_noteworthy(before, now))
        note_moved(portfolio, day, before, now);
}

void Restatements::note_moved(int portfolio, Day day, Cents const& before, Cents const& now) {
    auto& moved = moved_[portfolio];
    if (++moved.days > 1 && !moved_more(before, now, moved.worst_old, moved.worst_new)) return;
    moved.worst_day = day;
    moved.worst_old = before;
    moved.worst_new = now;
}

Restatements& Restatements::operator+=(Restatements const& other) {
    days_ += other.days_;
    lines_.insert(lines_.end(), other.lines_.begin(), other.lines_.end());
    for (auto const& [portfolio, moved] : other.moved_) moved_.insert_or_assign(portfolio, moved);
    return *this;
}

void Restatements::tell() const {
    for (auto const& line : lines_) log::debug(line);
    for (auto const& [portfolio, moved] : moved_)
        log::happened(Happening::snapshots_moved,
                      fmt::format("portfolio {}: {} days that were final moved by more than 0.5 %, "
                                  "the most {}, from {} to {} USD",
                                  portfolio, moved.days, to_text(moved.worst_day),
                                  moved.worst_old.to_text(), moved.worst_new.to_text()),
                      {{"PORTFOLIO_ID", portfolio}, {"DAYS", moved.days}});
}

void note_problem(db::Transaction& transaction, int portfolio, char const* figures,
                  std::string const& problem, std::optional<Day> since) {
    log::happened(
        Happening::portfolio_not_valued,
        fmt::format("portfolio {}: its {} cannot be computed and stay as they were: {}", portfolio,
                    std::string_view{figures} == "current" ? "figures" : "snapshots", problem),
        {{"PORTFOLIO_ID", portfolio}});
    transaction.execute("SELECT portfoliod.note_valuation_problem($1, $2, $3, $4)",
                        {portfolio, figures, problem, since});
}

} // namespace portfoliod::performance
