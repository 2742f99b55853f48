// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/tensor_parallel.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "convert/derived_checkpoint.h"

namespace plimsoll {

namespace {

using Chunk = TensorChunk;

tl::unexpected<Error> wrong(Errc code, std::string_view name, const std::string& why) {
    return fail(code, fmt::format("tensor '{}' {}", name, why));
}

// Only what lies in its file as it is can be cut while it is read.
Result<void> checkCuttable(const TensorTable& table, TensorId id, std::string_view name) {
    if (table.storage(id).encoding != StorageEncoding::Raw)
        return wrong(Errc::Unsupported, name,
                     "is compressed, in pieces or has no bytes and cannot be cut (convert the checkpoint first)");
    if (table.isLazyView(id))
        return wrong(Errc::Unsupported, name,
                     "is a lazy conjugate or negative view and cannot be cut (convert the checkpoint first)");
    if (bitWidth(table.dtype(id)) == 0 || bitWidth(table.dtype(id)) % 8 != 0)
        return wrong(Errc::Unsupported, name, fmt::format("is {} and cannot be cut", table.dtypeName(id)));
    return {};
}

Result<void> checkParts(TpRules::Cut cut, std::string_view name) {
    if (cut.parts != TpRules::kUnequalParts) return {};
    return wrong(Errc::Usage, name,
                 fmt::format("holds query, key and value of different sizes, which are not cut (add a rule that "
                             "replicates it: --tp-rule '{}=replicate')",
                             name));
}

// `length` elements along `dim` of a tensor, from `from` on, placed at `to` of the new tensor.
Chunk boxOf(const TensorTable& table, TensorId id, std::uint32_t dim, std::uint64_t from, std::uint64_t length,
            std::uint64_t to, std::uint32_t fileBase) {
    const auto& storage = table.storage(id);
    const auto shape = table.shape(id);
    const auto stride = table.stride(id);
    Chunk chunk;
    chunk.start.assign(shape.size(), 0);
    chunk.start[dim] = to;
    chunk.shape.assign(shape.begin(), shape.end());
    chunk.shape[dim] = length;
    chunk.strideElems.assign(stride.begin(), stride.end());
    chunk.file = FileId(fileBase + storage.file.value);
    chunk.offset = storage.offset;
    chunk.bytes = storage.bytes;
    chunk.originElems = table.storageOffsetElems(id) + from * static_cast<std::uint64_t>(stride[dim]);
    chunk.bigEndian = storage.bigEndian;
    return chunk;
}

ValueTree textsOf(const std::map<std::string, std::string>& metadata) {
    ValueTree tree;
    const auto dict = tree.dict();
    for (const auto& [key, value] : metadata)
        tree.insert(dict, tree.textCopy(ValueKind::String, key), tree.textCopy(ValueKind::String, value));
    tree.setRoot(dict);
    return tree;
}

Result<ChunkedTensor> rankPart(const TensorTable& table, TensorId id, std::string_view name, TpRules::Cut cut,
                               std::uint64_t ranks, std::uint64_t rank) {
    TRY_VOID(checkCuttable(table, id, name));
    TRY_VOID(checkParts(cut, name));
    const auto shape = table.shape(id);
    if (cut.dim >= shape.size())
        return wrong(Errc::Usage, name,
                     fmt::format("has no dimension {}: its shape is [{}]", cut.dim, fmt::join(shape, ", ")));
    const auto size = shape[cut.dim];
    if (size == 0 || size % (ranks * cut.parts) != 0) {
        return wrong(
            Errc::Usage, name,
            fmt::format(
                "has {} in dimension {}, which {} ranks{} do not divide (add a rule that replicates it: --tp-rule "
                "'{}=replicate')",
                size, cut.dim, ranks, cut.parts > 1 ? fmt::format(" in each of {} fused parts", cut.parts) : "", name));
    }
    const auto length = size / ranks / cut.parts;
    ChunkedTensor part;
    part.dtype = table.dtype(id);
    part.shape.assign(shape.begin(), shape.end());
    part.shape[cut.dim] = length * cut.parts;
    for (std::uint64_t p = 0; p < cut.parts; ++p)
        part.chunks.push_back(boxOf(table, id, cut.dim, p * (size / cut.parts) + rank * length, length, p * length, 0));
    return part;
}

}  // namespace

Result<TpSplit> splitTensorParallel(const std::shared_ptr<const Checkpoint>& source, const Selection& selection,
                                    const Recipe& recipe, const std::map<std::string, std::string>& metadata) {
    const auto& table = source->tensors;
    const TpRules rules(recipe.tpRules, table);
    DerivedCheckpoint derived;
    derived.addFiles(source);
    TpSplit split;
    split.ranks.resize(recipe.tpRanks);
    for (std::uint64_t rank = 0; rank < recipe.tpRanks; ++rank) {
        for (const auto& pick : selection.picks) {
            const auto cut = table.nbytes(pick.id) == 0 ? std::nullopt : rules.find(pick.name);
            TensorId id;
            if (cut) {
                TRY(auto part, rankPart(table, pick.id, pick.name, *cut, recipe.tpRanks, rank));
                TRY(id, derived.pieces(std::move(part), pick.name));
            } else {
                TRY(id, derived.whole(table, pick.id, pick.name, 0));
            }
            if (rank == 0) ++(cut ? split.cut : split.replicated);
            split.ranks[rank].push_back({id, derived.name(id), pick.to});
        }
    }
    if (split.cut == 0) {
        return fail(Errc::Usage,
                    "no rule says how to cut any of these tensors: their names are none of GPT-2, LLaMA or Megatron "
                    "(add a rule that cuts them: --tp-rule 'GLOB=DIM')");
    }
    split.checkpoint = derived.finish(source->path, textsOf(metadata));
    return split;
}

Result<std::shared_ptr<const Checkpoint>> mergeTensorParallel(std::span<const std::shared_ptr<const Checkpoint>> ranks,
                                                              std::span<const TpRule> own) {
    const auto& first = ranks.front()->tensors;
    const TpRules rules(own, first);
    DerivedCheckpoint derived;
    std::vector<std::uint32_t> bases;
    std::vector<std::unordered_map<std::string_view, TensorId>> byName(ranks.size());
    for (std::size_t r = 0; r < ranks.size(); ++r) {
        bases.push_back(derived.addFiles(ranks[r]));
        const auto& table = ranks[r]->tensors;
        for (std::uint32_t row = 0; row < table.size(); ++row)
            byName[r].emplace(table.name(TensorId(row)), TensorId(row));
        if (table.size() != first.size()) {
            return fail(Error{Errc::Corrupt, kNoOffset,
                              fmt::format("has {} tensors, rank 0 has {}", table.size(), first.size()),
                              ranks[r]->path});
        }
    }
    for (std::uint32_t row = 0; row < first.size(); ++row) {
        const TensorId id(row);
        const auto name = first.name(id);
        const auto cut = first.nbytes(id) == 0 ? std::nullopt : rules.find(name);
        if (!cut) {
            TRY(const auto kept, derived.whole(first, id, name, bases.front()));
            static_cast<void>(kept);
            continue;
        }
        TRY_VOID(checkParts(*cut, name));
        const auto shape = first.shape(id);
        if (cut->dim >= shape.size() || shape[cut->dim] % cut->parts != 0) {
            return wrong(Errc::Corrupt, name,
                         fmt::format("has shape [{}] and cannot be cut along {} in {} parts", fmt::join(shape, ", "),
                                     cut->dim, cut->parts));
        }
        const auto length = shape[cut->dim] / cut->parts;
        ChunkedTensor merged;
        merged.dtype = first.dtype(id);
        merged.shape.assign(shape.begin(), shape.end());
        merged.shape[cut->dim] *= ranks.size();
        for (std::size_t r = 0; r < ranks.size(); ++r) {
            const auto& table = ranks[r]->tensors;
            const auto found = byName[r].find(name);
            if (found == byName[r].end()) return wrong(Errc::Corrupt, name, fmt::format("is missing in rank {}", r));
            if (table.dtype(found->second) != merged.dtype || !std::ranges::equal(table.shape(found->second), shape))
                return wrong(Errc::Corrupt, name,
                             fmt::format("has another type or shape in rank {} than in rank 0", r));
            TRY_VOID(checkCuttable(table, found->second, name));
            for (std::uint64_t p = 0; p < cut->parts; ++p)
                merged.chunks.push_back(boxOf(table, found->second, cut->dim, p * length, length,
                                              (p * ranks.size() + r) * length, bases[r]));
        }
        TRY(const auto made, derived.pieces(std::move(merged), name));
        static_cast<void>(made);
    }
    std::map<std::string, std::string> metadata;
    const auto& values = ranks.front()->values;
    if (values.root().kind == ValueKind::Dict && !hasValueGraph(ranks.front()->format)) {
        for (const auto& [key, value] : values.pairs(values.root()))
            if (key.kind == ValueKind::String && value.kind == ValueKind::String)
                metadata.emplace(values.text(key), values.text(value));
    }
    return derived.finish(ranks.front()->path, textsOf(metadata));
}

Result<std::shared_ptr<const Checkpoint>> openRanks(const std::string& path, std::span<const TpRule> rules,
                                                    const OpenRank& open) {
    TRY(const auto names, ranksBelow(path));
    std::vector<std::shared_ptr<const Checkpoint>> ranks;
    for (const std::string& name : names) {
        auto opened = open(name);
        if (!opened) {
            if (opened.error().path.empty()) opened.error().path = name;
            return fail(std::move(opened.error()));
        }
        ranks.push_back(std::move(*opened));
    }
    return mergeTensorParallel(ranks, rules);
}

}  // namespace plimsoll
