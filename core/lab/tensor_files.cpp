// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/tensor_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "checkpoint/distinct_tensors.h"
#include "convert/derived_checkpoint.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "formats/tensors/file_names.h"

namespace plimsoll {

namespace {

namespace fs = std::filesystem;

fs::path scratchFolder() {
    const char* chosen = std::getenv("TMPDIR");
    return chosen != nullptr && *chosen != '\0' ? fs::path(chosen) : fs::path("/var/tmp");
}

Result<void> needRoom(const fs::path& folder, std::uint64_t bytes) {
    std::error_code error;
    const auto space = fs::space(folder, error);
    if (error || space.available >= bytes) return {};  // what cannot be told shows when it is written
    return fail(Error{Errc::Io, kNoOffset,
                      fmt::format("{} are free, per-tensor needs {} for one file per tensor; name another folder in "
                                  "TMPDIR",
                                  formatByteSize(space.available), formatByteSize(bytes)),
                      folder.string()});
}

constexpr std::string_view kFolderPrefix = "plimsoll-tensors-";
constexpr std::time_t kLockedWithinSeconds = 60;  // of its making a folder is locked, however busy the machine

// The folder's lock; invalid where another object has it, or where there are none (some network file systems).
Fd lockFolder(const std::string& path) {
    Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder.get() >= 0 && ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) folder.close();
    return folder;
}

// Removes what programs that were killed have left: as many bytes as their checkpoints had.
void removeAbandoned(const fs::path& parent) {
    std::error_code error;
    for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
        if (!at->path().filename().string().starts_with(kFolderPrefix)) continue;
        const Fd lock = lockFolder(at->path().string());
        struct stat info {};
        if (lock.get() < 0 || ::fstat(lock.get(), &info) != 0 || info.st_uid != ::geteuid()) continue;
        std::error_code ignored;
        if (info.st_mtime + kLockedWithinSeconds < std::time(nullptr)) fs::remove_all(at->path(), ignored);
    }
}

// What the elements of a quantized tensor are stored as: a load is of the stored numbers, whatever their scale.
std::optional<DType> integersOf(DType dtype) {
    switch (dtype) {
        case DType::QI8:
            return DType::I8;
        case DType::QU8:
            return DType::U8;
        case DType::QI32:
            return DType::I32;
        default:
            return std::nullopt;
    }
}

// A file for each of these tensors, as `convert --to tensors` writes them.
Result<void> writeFiles(const std::shared_ptr<const Checkpoint>& checkpoint, const std::vector<TensorId>& rows,
                        const std::string& directory, ProgressSink& progress, const std::stop_token& stop) {
    DerivedCheckpoint derived;
    const auto files = derived.addFiles(checkpoint);
    for (const TensorId id : rows) {
        const TensorTable& tensors = checkpoint->tensors;
        TRY(const auto made, derived.whole(tensors, id, tensors.name(id), files, integersOf(tensors.dtype(id))));
        static_cast<void>(made);
    }
    Recipe recipe;
    recipe.target = Target::Tensors;
    recipe.destination = directory;
    TRY(const Plan plan, planConversion(derived.finish(checkpoint->path), recipe, stop));
    TRY_VOID(runPlan(plan, progress, stop));
    return {};
}

}  // namespace

std::string tensorFilePath(const std::string& directory, std::string_view tensor) {
    return directory + "/" + tensorFileName(tensor);
}

Result<TensorFiles> TensorFiles::of(const std::shared_ptr<const Checkpoint>& checkpoint, ProgressSink& progress,
                                    const std::stop_token& stop) {
    TensorFiles files;
    if (checkpoint->format == Format::Tensors) {
        files.directory_ = checkpoint->path;
        return files;
    }
    const auto distinct = distinctTensors(checkpoint->tensors);
    std::uint64_t bytes = 0;
    for (const TensorId id : distinct.first) bytes += checkpoint->tensors.nbytes(id);
    const fs::path folder = scratchFolder();
    removeAbandoned(folder);
    TRY_VOID(needRoom(folder, bytes));
    std::string name = (folder / fmt::format("{}XXXXXX", kFolderPrefix)).string();
    if (::mkdtemp(name.data()) == nullptr)
        return fail(Error{Errc::Io, kNoOffset, "cannot make a folder in it: " + errnoText(errno), folder.string()});
    files.ours_ = std::move(name);
    files.lock_ = lockFolder(files.ours_);
    files.directory_ = files.ours_ + "/tensors";
    TRY_VOID(writeFiles(checkpoint, distinct.first, files.directory_, progress, stop));
    return files;
}

TensorFiles::TensorFiles(TensorFiles&& other) noexcept
    : directory_(std::exchange(other.directory_, {})),
      ours_(std::exchange(other.ours_, {})),
      lock_(std::move(other.lock_)) {}

TensorFiles& TensorFiles::operator=(TensorFiles&& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(ours_, other.ours_);
    std::swap(lock_, other.lock_);
    return *this;
}

TensorFiles::~TensorFiles() {
    std::error_code ignored;
    if (!ours_.empty()) fs::remove_all(ours_, ignored);
}

}  // namespace plimsoll
