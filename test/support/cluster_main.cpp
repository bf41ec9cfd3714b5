// The server that the database tests of one ctest run share: `test-cluster start FILE` starts it
// and writes its folder to FILE, `test-cluster stop FILE` ends it.
#include "support/cluster.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    auto const file = std::filesystem::path{argv[2]};
    try {
        // Left over from a run that was interrupted.
        if (std::ifstream existing{file}; existing) {
            std::string folder;
            std::getline(existing, folder);
            auto left = portfoliod::test::Cluster::attach(folder);
            if (std::filesystem::exists(left.folder())) left.remove();
            std::filesystem::remove(file);
        }
        if (std::string{argv[1]} == "start") {
            auto cluster = portfoliod::test::Cluster::start();
            std::ofstream{file} << cluster.folder().string() << '\n';
            cluster.leave_running();
        }
        return 0;
    } catch (std::exception const& e) {
        fmt::print(stderr, "test-cluster: {}\n", e.what());
        return 1;
    }
}
