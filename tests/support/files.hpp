#pragma once

#include <dirent.h>

#include <set>
#include <string>
#include <string_view>

namespace testing {

/// The paths of a directory's files whose names end so, in order. Without <filesystem>, which the
/// C++ library of WASI has not.
inline std::set<std::string> files_in(const std::string& directory, std::string_view ending) {
    std::set<std::string> paths;
    DIR* const open = opendir(directory.c_str());
    if (open == nullptr) return paths;
    while (const dirent* const entry = readdir(open)) {
        const std::string_view name = entry->d_name;
        if (name.size() < ending.size()) continue;
        if (name.substr(name.size() - ending.size()) != ending) continue;
        paths.insert(directory + "/" + entry->d_name);
    }
    closedir(open);
    return paths;
}

inline std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace testing
