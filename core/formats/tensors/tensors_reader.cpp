// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/tensors/tensors_reader.h"

#include <filesystem>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "checkpoint/words.h"
#include "formats/tensors/file_names.h"
#include "formats/torch_pickle/tensor_call.h"

namespace plimsoll {

namespace {

// True where the rows are one tensor that the file's name may name.
bool isOneTensor(const TensorTable& table, const TensorTable::Mark& before, const FileOfSet& member) {
    if (table.size() != before.tensors + 1) return false;
    const auto name = table.name(TensorId(static_cast<std::uint32_t>(before.tensors)));
    return name.empty() || name == member.name ||
           name == tensorNameOfFile(std::filesystem::path(member.relativePath).stem().string());
}

}  // namespace

std::string tensorNameOfPath(const std::string& relativePath) {
    std::string name;
    const std::filesystem::path path(relativePath);
    for (const auto& folder : path.parent_path()) name += tensorNameOfFile(folder.string()) + '.';
    return name + tensorNameOfFile(path.stem().string());
}

Result<std::optional<Format>> readTensorFiles(FileBeingRead& file, const std::vector<FileOfSet>& files) {
    Checkpoint& checkpoint = file.checkpoint;
    const auto mark = checkpoint.tensors.mark();
    bool other = false;
    std::set<std::string_view> names;
    auto read = readFileSet(file, files, [&](const FileOfSet& member, TensorTable::Mark before, Format) {
        const bool ofParts = isTensorOfParts(file.values, file.values.root());
        other = !ofParts && !isOneTensor(checkpoint.tensors, before, member);
        if (other) return Result<void>(fail(Errc::Usage, "holds not just one tensor"));
        if (ofParts)
            prefixNames(checkpoint.tensors, before, member.name);
        else
            checkpoint.tensors.rename(TensorId(static_cast<std::uint32_t>(before.tensors)), member.name,
                                      TensorTable::Name::Copy);
        if (!names.insert(member.name).second)
            file.warn(
                fmt::format("{}: another file holds a tensor {} too", member.relativePath, inQuotes(member.name)));
        return Result<void>();
    });
    if (other) {
        checkpoint.tensors.rollBack(mark);
        checkpoint.files.clear();
        checkpoint.warnings.clear();
        return std::nullopt;
    }
    TRY_VOID(read);
    // Each file's value is its tensor, which the table has.
    file.values.setRoot(file.values.dict());
    return Format::Tensors;
}

}  // namespace plimsoll
