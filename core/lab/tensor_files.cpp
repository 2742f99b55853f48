// SPDX-License-Identifier: GPL-3.0-or-later
#include "lab/tensor_files.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/glob.h"
#include "checkpoint/distinct_tensors.h"
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

// The inventory of a checkpoint that has this tensor only, in the same file.
Result<std::shared_ptr<const Checkpoint>> only(const Checkpoint& checkpoint, TensorId id) {
    const TensorTable& tensors = checkpoint.tensors;
    if (tensors.storage(id).encoding == StorageEncoding::Chunked)
        return fail(Errc::Unsupported,
                    fmt::format("tensor '{}' lies in pieces in several files: convert the checkpoint "
                                "first (--to pth)",
                                tensors.name(id)));
    auto one = std::make_shared<Checkpoint>();
    one->path = checkpoint.path;
    one->format = Format::Safetensors;  // a flat list of names, nothing besides
    one->files = checkpoint.files;
    TensorRow row;
    row.name = "tensor";
    row.dtype = tensors.dtype(id);
    row.shape = tensors.shape(id);
    row.strideElems = tensors.stride(id);
    row.storage = one->tensors.addStorage(tensors.storage(id));
    row.storageOffsetElems = tensors.storageOffsetElems(id);
    TRY_VOID(one->tensors.add(row, TensorTable::Name::Copy));
    return one;
}

Result<void> writeFile(const Checkpoint& checkpoint, TensorId id, const std::string& directory, ProgressSink& progress,
                       const std::stop_token& stop) {
    TRY(const auto one, only(checkpoint, id));
    Recipe recipe;
    recipe.destination = tensorFilePath(directory, checkpoint.tensors.name(id));
    TRY(const Plan plan, planConversion(one, recipe));
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
    TRY_VOID(needRoom(folder, bytes));
    std::string name = (folder / "plimsoll-tensors-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        return fail(Error{Errc::Io, kNoOffset, "cannot make a folder in it: " + errnoText(errno), folder.string()});
    files.directory_ = std::move(name);
    files.ours_ = true;
    for (const TensorId id : distinct.first) TRY_VOID(writeFile(*checkpoint, id, files.directory_, progress, stop));
    return files;
}

TensorFiles::TensorFiles(TensorFiles&& other) noexcept
    : directory_(std::exchange(other.directory_, {})), ours_(std::exchange(other.ours_, false)) {}

TensorFiles& TensorFiles::operator=(TensorFiles&& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(ours_, other.ours_);
    return *this;
}

TensorFiles::~TensorFiles() {
    std::error_code ignored;
    if (ours_) fs::remove_all(directory_, ignored);
}

}  // namespace plimsoll
