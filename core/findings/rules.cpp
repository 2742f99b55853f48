// SPDX-License-Identifier: GPL-3.0-or-later
#include "findings/rules.h"

#include <array>

namespace plimsoll::rules {

std::span<const Rule> all() noexcept {
    static constexpr std::array kAll = {kDangerousGlobal,
                                        kDynamicGlobal,
                                        kSuspiciousGlobal,
                                        kNestedPickle,
                                        kTrailingPickle,
                                        kPickleInStorage,
                                        kAmbiguousPickle,
                                        kZipInvalid,

                                        kZipHeader,
                                        kZipCrc,
                                        kZipGap,
                                        kPolyglot,
                                        kTrailingData,
                                        kSkipped,
                                        kCode,
                                        kTemplate,
                                        kNoPickle,
                                        kUnreadable,
                                        kInconsistent,
                                        kMissingShard,
                                        kIndexMismatch,
                                        kTensorRange,
                                        kTensorOverlap,

                                        kAlignment,
                                        kReadFailed,
                                        kNan,
                                        kInfinity,
                                        kAllZero,
                                        kConstant,
                                        kNotChecked};
    return kAll;
}

}  // namespace plimsoll::rules
