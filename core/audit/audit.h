// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/recipe.h"
#include "tensor/dtype.h"

namespace plimsoll {

// What a tensor is for. Where bytes are shared, the earlier role has them.
enum class Role : std::uint8_t { Weight, Buffer, Ema, Optimizer, Other };
inline constexpr std::size_t kRoleCount = 5;

// "weights", "buffers", "EMA copies", "optimizer state", "other".
[[nodiscard]] std::string_view roleName(Role role) noexcept;

// Of a group of tensors.
struct ByteSum {
    std::uint64_t tensors = 0;
    std::uint64_t bytes = 0;     // elements x size: a tensor with two names counts twice
    std::uint64_t ownBytes = 0;  // of storages: a byte that several tensors view counts once, for the first of them
};

// Why tensors have a role, in words: "below 'optimizer', which has 'state' and 'param_groups'".
struct RoleRule {
    Role role = Role::Weight;
    std::string words;
    ByteSum sum;
};

struct DTypeSum {
    DType dtype = DType::F32;
    std::string_view name;  // TensorTable::dtypeName
    ByteSum sum;
};

// A module with its place among its siblings ("model.layers.3"), or the module of tensors that are in none ("lm_head").
struct LayerSum {
    std::string_view name;
    bool numbered = false;   // the name ends with a number: one layer of many
    ByteSum sum;             // all roles; the optimizer's state is not in it
    ByteSum optimizerState;  // of the layer's parameters, where it could be linked
};

// All tensors of one expert of every layer, or the experts that one tensor holds together.
struct ExpertSum {
    std::string_view name;    // "experts.3", "shared_expert"; "experts" for those in one tensor
    std::uint64_t fused = 0;  // experts in one tensor; 0: one expert
    ByteSum sum;
};

struct StorageWaste {
    StorageId storage;
    TensorId view;  // its first view; invalid where there is none
    std::uint64_t unusedBytes = 0;
};

// Tensors that are the same bytes: by being one view of one storage (tied), or by holding equal bytes (identical).
struct TensorGroup {
    std::vector<TensorId> members;  // two or more, in table order
    std::uint64_t bytes = 0;        // of one of them
};

// Bytes of the files that belong to no storage.
struct OutsideSum {
    std::string words;  // "before the first storage: the pickle and zip headers"
    std::uint64_t bytes = 0;
};

// State of one optimizer, and the parameters that it is about.
struct OptimizerState {
    std::string path;  // its dotted name; empty for the whole file
    std::string kind;  // its state by name: "exp_avg, exp_avg_sq, step"
    ByteSum sum;
    std::uint64_t parameters = 0;  // that have state
    std::uint64_t linked = 0;      // of these, matched with a weight of this file
    std::string how;               // "by name", "by the order of param_groups, shapes agree", why not
};

// One way to a smaller file. Exact: the size is that of the plan.
struct SlimOption {
    std::string words;    // "the model's weights only, cast to bf16"
    std::string price;    // what is lost: "training cannot be resumed"
    Recipe recipe;        // destination: a name beside the source
    std::string command;  // the plimsoll-cli call, quoted for a POSIX shell
    std::uint64_t bytes = 0;
    std::uint64_t savedBytes = 0;
};

struct AuditReport {
    std::shared_ptr<const Checkpoint> checkpoint;  // names point into it

    // Without reading a tensor byte. Lists are in the order of the file unless said.
    ByteSum total;
    std::array<ByteSum, kRoleCount> roles;
    std::vector<RoleRule> rules;
    std::vector<std::uint8_t> ruleOf;   // per tensor: index into rules
    std::vector<TensorId> parameterOf;  // per tensor: what optimizer state is about; empty where nothing is linked
    std::vector<DTypeSum> dtypes;       // most bytes first
    std::vector<LayerSum> layers;
    std::vector<ExpertSum> experts;
    std::vector<OptimizerState> optimizers;
    std::vector<TensorGroup> tied;  // most bytes first
    std::uint64_t fileBytes = 0;
    std::uint64_t storageBytes = 0;        // decoded, of all storages that have bytes
    std::uint64_t storedBytes = 0;         // what these take in the files; less where they are compressed
    std::uint64_t unusedStorageBytes = 0;  // that no tensor views
    std::vector<StorageWaste> wastes;      // most bytes first
    // False where views are so scattered that only their outermost bytes were counted: then more may be unused.
    bool unusedIsExact = true;
    std::vector<OutsideSum> outside;

    // Where tensor bytes were read (AuditOptions::readTensors).
    bool identicalWasRead = false;
    std::vector<TensorGroup> identical;  // most bytes that could be saved first
    std::uint64_t identicalBytes = 0;    // that all but the first of each group take

    // Where plans were made (AuditOptions::planSlimming).
    std::vector<SlimOption> slim;  // most bytes saved first

    [[nodiscard]] Role role(TensorId id) const noexcept { return rules[ruleOf[id.index()]].role; }
};

struct AuditOptions {
    bool readTensors = true;   // find identical tensors
    bool planSlimming = true;  // plan conversions
    unsigned threads = 0;      // 0: as many as processors
};

// The part that reads no tensor byte and plans nothing: O(tensors), fit for opening a file.
[[nodiscard]] AuditReport auditInventory(std::shared_ptr<const Checkpoint> checkpoint);

// Everything.
//   progress  counts bytes that are read, and announces how many at most
//   errors    Io, Truncated, Corrupt from the file where tensors are read; Cancelled
[[nodiscard]] Result<AuditReport> audit(std::shared_ptr<const Checkpoint> checkpoint, const AuditOptions& options,
                                        ProgressSink& progress, const std::stop_token& stop);

}  // namespace plimsoll
