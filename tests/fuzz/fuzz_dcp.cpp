// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "open_and_read.h"

namespace {

// A directory of its own, gone with the program.
class Directory {
public:
    Directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "fuzz-dcp-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        path_ = pattern;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    void write(const char* name, const std::uint8_t* data, std::size_t size) const {
        std::ofstream(path_ / name, std::ios::binary | std::ios::trunc)
            .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    }
    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

}  // namespace

// Two bytes: the length of .metadata, which follows; the rest is the data file of rank 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Directory directory;
    std::uint16_t stated = 0;
    if (size < sizeof(stated)) return 0;
    std::memcpy(&stated, data, sizeof(stated));
    const std::size_t metadata = std::min<std::size_t>(stated, size - sizeof(stated));
    directory.write(".metadata", data + sizeof(stated), metadata);
    directory.write("__0_0.distcp", data + sizeof(stated) + metadata, size - sizeof(stated) - metadata);
    openAndRead(directory.path());
    return 0;
}
