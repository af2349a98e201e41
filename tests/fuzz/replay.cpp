// Runs a target over files, where there is no libFuzzer: the corpus as an ordinary test.
//
//     replay_<target> <file or directory>...

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz.hpp"

int main(int argc, char** argv) {
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            files.emplace_back(argv[i]);
            continue;
        }
        for (const auto& each : std::filesystem::directory_iterator(argv[i])) {
            files.push_back(each.path());
        }
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        std::ifstream from(file, std::ios::binary);
        if (!from) {
            std::fprintf(stderr, "cannot read %s\n", file.string().c_str());
            return 1;
        }
        const std::string bytes{std::istreambuf_iterator<char>(from), {}};
        std::fprintf(stderr, "%s\n", file.filename().string().c_str());   // The last one fails.
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::printf("%zu inputs\n", files.size());
    return files.empty() ? 1 : 0;
}
