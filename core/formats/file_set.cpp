// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/file_set.h"

#include <utility>

#include <fmt/format.h>

namespace plimsoll {

Result<void> readFileSet(FileBeingRead& file, const std::vector<FileOfSet>& set, const TakeRows& take) {
    Checkpoint& checkpoint = file.checkpoint;
    const Value roots = file.values.dict();
    std::optional<Error> firstError;
    bool any = false;
    for (const auto& member : set) {
        if (file.stop.stop_requested()) return cancelled();
        const auto mark = checkpoint.tensors.mark();
        const std::size_t warnings = checkpoint.warnings.size();
        const std::size_t files = checkpoint.files.size();
        file.values.setRoot(ValueTree::none());
        FileBeingRead part{checkpoint, file.values, {}, file.stop, member.relativePath + ": ", file.read, file.rest};
        auto format = readFile(part, member.path, member.relativePath);
        if (format) {
            any = true;
            TRY_VOID(take(member, mark, *format));
            file.values.insert(roots, file.values.textCopy(ValueKind::String, member.name), file.values.root());
            continue;
        }
        if (format.error().code == Errc::Cancelled) return fail(std::move(format.error()));
        checkpoint.tensors.rollBack(mark);
        checkpoint.warnings.resize(warnings);
        checkpoint.files.resize(files);
        checkpoint.files.push_back({member.path, member.relativePath, 0, nullptr});
        file.warn(fmt::format(
            "{}; what it holds is missing",
            describe({format.error().code, format.error().offset, format.error().what, {}}, member.relativePath)));
        if (!firstError) firstError = std::move(format.error());
    }
    if (!any && firstError) return fail(std::move(*firstError));
    file.values.setRoot(roots);
    return {};
}

void prefixNames(TensorTable& table, const TensorTable::Mark& before, std::string_view prefix) {
    for (std::size_t i = before.tensors; i < table.size(); ++i) {
        const TensorId id(static_cast<std::uint32_t>(i));
        const auto name = table.name(id);
        table.rename(id, name.empty() ? std::string(prefix) : fmt::format("{}.{}", prefix, name),
                     TensorTable::Name::Copy);
    }
}

}  // namespace plimsoll
