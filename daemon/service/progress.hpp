#pragma once

#include <string>

namespace portfoliod::service {

/// One line on stderr that says how far a command is, where stderr is a terminal; nothing elsewhere. Gone when this is.
class Progress {
  public:
    Progress();
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;
    ~Progress();

    /// Replaces what was said before.
    void say(std::string const& text);
    /// Before anything else is printed.
    void clear();

  private:
    bool terminal_;
    bool shown_ = false;
};

} // namespace portfoliod::service
