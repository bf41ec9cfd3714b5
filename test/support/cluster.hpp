#pragma once

#include <filesystem>
#include <string>

namespace portfoliod::test {

/// Runs a shell command and returns what it printed; throws std::runtime_error with that unless it exits 0.
std::string shell(std::string const& command);
/// The folder of the newest installed server's programs; Debian keeps them off the PATH.
std::string server_programs();

/// relaxed: nothing survives a power cut, for speed. as_installed: what PostgreSQL does by itself.
enum class Durability { relaxed, as_installed };

/// A PostgreSQL server of the test's own: data, socket and log in a private folder under the
/// system's temporary folder, no TCP port. Run by root, the server runs as an unprivileged user,
/// because PostgreSQL refuses root.
class Cluster {
  public:
    /// Makes and starts one; `settings` are further lines of its configuration. Throws
    /// std::runtime_error with the server's own words.
    static Cluster start(Durability durability = Durability::relaxed,
                         std::string const& settings = "");
    /// One that start() made in another process and that is to outlive this object.
    static Cluster attach(std::filesystem::path folder);

    Cluster(Cluster&& other) noexcept;
    Cluster& operator=(Cluster&&) = delete;
    /// Stops it and removes its folder, unless attached or left running.
    ~Cluster();

    [[nodiscard]] std::filesystem::path const& folder() const { return folder_; }

    /// A connection string for a database of this cluster, as its superuser.
    [[nodiscard]] std::string url(std::string const& database) const;

    /// The destructor leaves it alone.
    void leave_running() { owned_ = false; }

    void remove();
    /// mode: fast or immediate.
    void restart(std::string const& mode);
    void stop(std::string const& mode);
    void start_again();

  private:
    Cluster(std::filesystem::path folder, bool owned);
    void control(std::string const& arguments) const;

    std::filesystem::path folder_;
    bool owned_;
};

} // namespace portfoliod::test
