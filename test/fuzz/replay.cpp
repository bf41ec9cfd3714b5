// Gives every file of the folders named on the command line to a fuzz target once, where the compiler has no libFuzzer.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

int main(int argc, char** argv) {
    auto files = 0;
    for (auto i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            std::cout << "skipped: no folder " << argv[i] << '\n';
            continue;
        }
        for (auto const& entry : std::filesystem::recursive_directory_iterator{argv[i]}) {
            if (!entry.is_regular_file()) continue;
            std::ifstream stream{entry.path(), std::ios::binary};
            std::vector<std::uint8_t> const bytes{std::istreambuf_iterator<char>{stream}, {}};
            LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
            ++files;
        }
    }
    std::cout << files << " files read\n";
    return files > 0 ? 0 : 1;
}
