// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "convert/recipe.h"
#include "convert/selection.h"

namespace plimsoll {

// The rules for a tensor: its own ones, the last match first, then the built-in ones for GPT-2, LLaMA-family and
// Megatron names; what none of them names is replicated.
class TpRules {
public:
    // `sample` settles what names leave open: GPT-2's weights are [in, out] in one family and [out, in] in another,
    // some matrices are fused in one model and not in the next.
    TpRules(std::span<const TpRule> own, const TensorTable& sample);

    // How a tensor is cut; nothing where every rank has all of it.
    struct Cut {
        std::uint32_t dim = 0;
        std::uint32_t parts = 1;  // matrices that are fused along `dim` (query, key, value): each is cut
    };
    // In place of a number of parts: they are of different sizes, which no rule can say.
    static constexpr std::uint32_t kUnequalParts = 0;
    [[nodiscard]] std::optional<Cut> find(std::string_view name) const;

private:
    void settleByShapes(const TensorTable& sample);

    std::vector<TpRule> rules_;  // the last match counts
};

// A checkpoint whose tensors are the parts that ranks have of another one's, cut while they are read.
struct TpSplit {
    std::shared_ptr<const Checkpoint> checkpoint;
    std::vector<std::vector<Selection::Pick>> ranks;
    std::uint64_t cut = 0;  // tensors of each kind
    std::uint64_t replicated = 0;
};

//   metadata  what the parts carry along
//   errors    Usage where nothing is cut, a dimension is not there or does not divide; Unsupported for tensors that
//             cannot be cut (compressed, packed); each names the tensor
[[nodiscard]] Result<TpSplit> splitTensorParallel(const std::shared_ptr<const Checkpoint>& source,
                                                  const Selection& selection, const Recipe& recipe,
                                                  const std::map<std::string, std::string>& metadata);

// The whole of what these ranks hold, put together while it is read; content that is no tensor is rank 0's.
//   errors  Corrupt where ranks do not fit each other, naming the tensor; Unsupported as above
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> mergeTensorParallel(
    std::span<const std::shared_ptr<const Checkpoint>> ranks, std::span<const TpRule> rules);

// The whole of what the ranks below `path` hold, each opened by `open`.
//   errors  as ranksBelow, `open` and mergeTensorParallel
using OpenRank = std::function<Result<std::shared_ptr<const Checkpoint>>(const std::string& path)>;
[[nodiscard]] Result<std::shared_ptr<const Checkpoint>> openRanks(const std::string& path,
                                                                  std::span<const TpRule> rules, const OpenRank& open);

// Directories or files of ranks below `path`, in order: rank_00, tp_rank_00, mp_rank_00, and so on.
//   errors  Usage where there are none, or one is missing in between; Io
[[nodiscard]] Result<std::vector<std::string>> ranksBelow(const std::string& path);

// "rank_00".
[[nodiscard]] std::string rankName(std::uint64_t rank);

}  // namespace plimsoll
