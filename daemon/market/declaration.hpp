#pragma once

#include "base/yaml.hpp"
#include "market/answer.hpp"
#include "market/limits.hpp"
#include "market/text_template.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// One provider file, loaded: what a provider serves, how it is asked, how its answers read.
/// docs/PROVIDERS explains the vocabulary; the names here are the file's own.
namespace portfoliod::market {

enum class Gives { history, quote, rates_history, rates_latest };

/// "an answer of this shape means that"; every condition given must hold.
struct OutcomeRule {
    std::set<int> status;
    std::string at; ///< a JSON Pointer; "" = the body, without the blanks around it
    std::vector<std::string> has;
    std::optional<std::string> equals;
    OutcomeKind is = OutcomeKind::refused;
    std::optional<std::chrono::seconds> wait;
    Scope scope = Scope::provider;

    friend bool operator==(OutcomeRule const&, OutcomeRule const&) = default;
};

/// ours → theirs, by asset type; "" = any type.
using Symbols = std::map<std::string, std::map<std::string, std::string>>;

/// Several symbols in one request.
struct Batch {
    int max = 1;
    std::string join;
    std::vector<std::string> always; ///< asked along in every request
    std::vector<Template> named;     ///< how the answer may call what was asked

    friend bool operator==(Batch const&, Batch const&) = default;
};

/// How many days one request may span.
struct WholeRange {
    friend bool operator==(WholeRange const&, WholeRange const&) = default;
};

struct CalendarYear {
    friend bool operator==(CalendarYear const&, CalendarYear const&) = default;
};

using Window = std::variant<WholeRange, CalendarYear, int>;

/// Where a figure stands, first alternative that exists: relative to its row, `/absolute` with `@n`
/// for what the n-th `*` of `rows` matched, `../up`, `@n` itself, or `=constant`.
using Field = std::vector<Template>;

struct TimeRule {
    enum class As { date, seconds, milliseconds, iso, now, format };
    As as = As::date;
    std::string format;      ///< As::format: as strptime's
    std::string zone;        ///< an IANA name, or a pointer to one in the answer; "" = UTC
    bool stamp_ends = false; ///< the stamp is the end of its day, not the start

    friend bool operator==(TimeRule const&, TimeRule const&) = default;
};

struct EventRule {
    std::string rows;
    Field date;
    std::vector<Field>
        figures; ///< splits: numerator and denominator, or one factor; dividends: the amount

    friend bool operator==(EventRule const&, EventRule const&) = default;
};

struct Required {
    std::string at;
    std::string equals;

    friend bool operator==(Required const&, Required const&) = default;
};

struct RequestRule {
    Gives gives = Gives::history;
    std::set<std::string> serves; ///< asset types or currencies; empty = all
    Template path;
    std::vector<std::pair<std::string, Template>> query;
    std::map<std::string, Template> symbol; ///< by asset type; "" = any
    Symbols symbols;
    bool mapped_only = false; ///< asked only for what `symbols` names
    std::optional<Batch> batch;
    Window window;
    std::optional<int> oldest_days; ///< how far back from today this provider reaches
    int pad_days = 0;
    enum class Format { json, csv } format = Format::json;
    std::vector<std::string> genuine; ///< pointers that exist in every true answer
    std::vector<Required> require;
    std::string rows;
    std::map<std::string, Field> fields;
    TimeRule time;
    std::set<std::string> missing; ///< texts that stand for "no value"
    bool float32 = false;          ///< figures are printed 32-bit floats
    /// What has been done to older prices: `none` = they stand as they were traded, in the shares of
    /// their own day.
    enum class Adjusted { splits, none } adjusted = Adjusted::splits;
    std::map<std::string, std::string>
        unit_of; ///< exchange → the unit its prices are in, where answers do not say
    std::optional<EventRule> splits;
    std::optional<EventRule> dividends;
    std::optional<OutcomeKind> empty; ///< what an answer without a usable row means

    friend bool operator==(RequestRule const&, RequestRule const&) = default;
};

struct Declaration {
    std::string name; ///< the file's, without .yaml
    std::string about;
    std::string base_url;
    std::optional<std::filesystem::path> ca_file; ///< only from the main config
    std::vector<std::pair<std::string, Template>> headers;
    std::string key_name; ///< of an environment variable or systemd credential; "" = needs none
    bool key_optional = false;
    std::string key_value; ///< a secret: never in a log or a message
    std::map<std::string, std::string> suffixes;
    Limits limits;
    Symbols symbols;
    std::map<std::string, std::string> pegs; ///< quoted unit → the currency it is taken for
    std::vector<OutcomeRule> outcomes;
    std::vector<RequestRule> requests;

    friend bool operator==(Declaration const&, Declaration const&) = default;
};

/// What the main config says about a provider; what it leaves out stays as the file has it.
struct Overrides {
    std::optional<std::string> base_url;
    std::optional<std::filesystem::path> ca_file;
    std::optional<Limits>
        rates; ///< replaces every per_second … per_month; its concurrency is not looked at
    std::optional<int> concurrency;
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<std::string> key_value;
};

/// Reads a provider file; throws ConfigError "file:line: key: what is wrong".
Declaration load_declaration(std::filesystem::path const& file);
Declaration load_declaration(yaml::Node const& root, std::string name);

/// {per_second, per_minute, per_hour, per_day, per_month, concurrency}, as provider files and the
/// main config write them.
Limits load_limits(yaml::Node const& node);

/// Gives a value's text with its ${NAME}s replaced.
using Expand = std::string (*)(yaml::Node const&);

/// {base_url, ca_file, limits, headers, key}; ca_file is relative to the file the node stands in.
Overrides load_overrides(yaml::Node const& node, Expand expand);

void apply(Overrides const& overrides, Declaration& declaration);

} // namespace portfoliod::market
