// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/rename.h"
#include "base/result.h"
#include "tensor/dtype.h"

namespace plimsoll {

enum class Target : std::uint8_t { Pth, Safetensors, Tensors, Npz, Dcp };

// "pth", "safetensors", "tensors" (a directory with a file per tensor), "npz", "dcp" (torch.distributed.checkpoint).
[[nodiscard]] std::string_view targetName(Target target) noexcept;
[[nodiscard]] std::optional<Target> targetFromName(std::string_view name) noexcept;
// .pth .pt .bin .ckpt .th -> Pth, .safetensors -> Safetensors, .npz -> Npz; nothing for any other suffix.
[[nodiscard]] std::optional<Target> targetFromSuffix(std::string_view path) noexcept;

// True for what --dtype and --rule accept: f64 f32 f16 bf16 f8_e4m3fn f8_e5m2.
[[nodiscard]] bool isCastTarget(DType dtype) noexcept;

// The integer types that --rule accepts on top: i8 i16 i32 i64 u8 u16 u32 u64 bool.
[[nodiscard]] bool isIntegerTarget(DType dtype) noexcept;

// A dtype for the tensors that a glob matches; no dtype: keep as they are. Floating-point types are for floating-point
// tensors, integer types for these and for integer tensors.
struct CastRule {
    std::string glob;
    std::optional<DType> dtype;
};

// How tensor parallelism cuts the tensors that a glob matches.
struct TpRule {
    std::string glob;
    std::optional<std::uint32_t> dim;  // none: every rank has all of it
    std::uint32_t parts = 1;           // matrices fused along `dim`, each of which is cut
};

// "GLOB=DIM", "GLOB=DIMxPARTS" or "GLOB=replicate". Usage where it is none.
[[nodiscard]] Result<TpRule> parseTpRule(std::string_view text);

// What the user asked for, no more: the options of CLI.md's convert.
struct Recipe {
    Target target = Target::Pth;
    std::string destination;                     // file, or directory where sharded
    std::optional<DType> dtype;                  // --dtype, floating-point tensors only
    std::vector<CastRule> rules;                 // --rule, last match wins over dtype
    bool saturate = false;                       // overflow becomes the largest value, not infinity, NaN or a wrap
    std::vector<RenameRule> renames;             // --rename, in order
    std::vector<std::string> drop;               // --drop patterns
    std::vector<std::string> keep;               // --keep patterns; empty: everything
    bool weightsOnly = false;                    // the model's state dict without optimizer and the rest
    std::optional<std::uint64_t> maxShardBytes;  // sharded output with an index where set
    std::optional<std::uint64_t> shardCount;     // the same by count; not both
    std::uint64_t tpRanks = 0;                   // --tp: as many directories, one per rank; 0: no cutting
    std::vector<TpRule> tpRules;                 // --tp-rule, last match wins over the built-in ones
    bool tpMerge = false;                        // --tp-merge: the source is what openRanks() made
    bool overwrite = false;
    bool resume = false;       // go on with an interrupted conversion of the same plan where there is one
    bool verify = false;       // re-read what was written before it gets its name
    bool measureLoss = false;  // of every cast, in the same pass
    std::uint64_t memoryBytes = 64 * limits::MiB;  // bound on anonymous memory beyond the inventory
    unsigned threads = 0;                          // 0: as many as processors
};

// True where the destination is a directory.
[[nodiscard]] bool writesDirectory(const Recipe& recipe) noexcept;

// Shards, of whatever size or count.
[[nodiscard]] bool isSharded(const Recipe& recipe) noexcept;

// Whether its options fit each other.
//   errors  Usage
[[nodiscard]] Result<void> checkRecipe(const Recipe& recipe);

// "GLOB=D" with D a dtype of CLI.md or "keep". Usage where it is none.
[[nodiscard]] Result<CastRule> parseCastRule(std::string_view text);

}  // namespace plimsoll
