// SPDX-License-Identifier: GPL-3.0-or-later
#include "formats/npy/npy_file.h"

#include <span>
#include <vector>

#include <fmt/format.h>

#include "formats/npy/npy_writer.h"
#include "tensor/cast.h"

namespace plimsoll {

Result<void> writeNpy(const TensorPart& part, const std::string& path, OutputFile::Existing existing,
                      ProgressSink& progress) {
    DType to = part.dtype;
    if (!numpyName(to) && isFloating(to) && canCast(to, DType::F32)) to = DType::F32;
    const auto type = numpyName(to);
    if (!type)
        return fail(Errc::Unsupported, fmt::format("numpy has no type that holds {} exactly", shortName(part.dtype)));
    const auto shape = part.slice.shape();
    const std::string header = npyHeader(*type, shape);
    const std::size_t outBytes = bitWidth(to) / 8;
    std::uint64_t at = header.size();
    TRY(auto file, OutputFile::create(path, at + part.slice.elements() * outBytes, existing));
    TRY_VOID(file.writeAt(0, std::as_bytes(std::span(header))));
    std::vector<std::byte> converted;
    const auto writeBlock = [&](std::span<const std::byte> elements) -> Result<void> {
        converted.resize(elements.size() / part.elementBytes * outBytes);
        TRY_VOID(castElements(part.dtype, elements, to, converted));
        TRY_VOID(file.writeAt(at, converted));
        at += converted.size();
        return {};
    };
    TRY_VOID(part.read(progress, writeBlock));
    return file.commit();
}

}  // namespace plimsoll
