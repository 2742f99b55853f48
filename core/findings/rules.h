// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

#include "findings/finding.h"

// Every kind of finding of scan and check. README.md of this room explains them.
namespace plimsoll::rules {

// Pickles.
inline constexpr Rule kDangerousGlobal{"pickle.dangerous-global", Severity::Error,
                                       "A pickle imports something that is known to do harm"};
inline constexpr Rule kDynamicGlobal{"pickle.dynamic-global", Severity::Error,
                                     "A pickle computes the name that it imports while it is loaded"};
inline constexpr Rule kSuspiciousGlobal{"pickle.suspicious-global", Severity::Warning,
                                        "A pickle imports something that is not known to be harmless"};
inline constexpr Rule kNestedPickle{"pickle.nested", Severity::Note, "A constant inside a pickle is a pickle itself"};
inline constexpr Rule kTrailingPickle{"pickle.after-stop", Severity::Warning,
                                      "Data follows the STOP of a pickle where none belongs"};
inline constexpr Rule kPickleInStorage{"pickle.in-storage", Severity::Warning,
                                       "The bytes of a tensor are a pickle that imports something"};
inline constexpr Rule kAmbiguousPickle{"pickle.ambiguous", Severity::Warning,
                                       "Loaders disagree about what this pickle says"};
// Containers.
inline constexpr Rule kZipInvalid{"zip.invalid", Severity::Error,
                                  "The zip directory is damaged or contradicts itself: readers see different contents"};
inline constexpr Rule kZipHeader{"zip.header-mismatch", Severity::Error,
                                 "A member's local header contradicts the zip directory"};
inline constexpr Rule kZipCrc{"zip.crc-mismatch", Severity::Error, "A member's bytes do not have its CRC-32"};
inline constexpr Rule kZipGap{"zip.gap", Severity::Warning, "Bytes between the members of an archive belong to none"};
inline constexpr Rule kPolyglot{"file.polyglot", Severity::Error,
                                "The file is two things at once: programs disagree about what it holds"};
inline constexpr Rule kTrailingData{"file.trailing-data", Severity::Warning, "Data follows the end of the content"};
// Worth knowing.
inline constexpr Rule kSkipped{"scan.skipped", Severity::Warning,
                               "A part was not looked into, so nothing is known of it"};
inline constexpr Rule kCode{"file.code", Severity::Note, "Program code, which runs when it is called or trusted"};
inline constexpr Rule kTemplate{"gguf.template", Severity::Note, "A chat template reaches for Python's internals"};
inline constexpr Rule kNoPickle{"file.no-pickle", Severity::Note, "The format has no place for a pickle"};
// Integrity.
inline constexpr Rule kUnreadable{"file.invalid", Severity::Error, "The file contradicts its format and does not open"};
inline constexpr Rule kInconsistent{"file.inconsistent", Severity::Warning,
                                    "The file opens, though a part of it contradicts another"};
inline constexpr Rule kMissingShard{"index.missing-shard", Severity::Error,
                                    "A file of a set is missing or cannot be read"};
inline constexpr Rule kIndexMismatch{"index.mismatch", Severity::Error,
                                     "The index and the files of a set do not agree"};
inline constexpr Rule kTensorRange{"tensor.out-of-range", Severity::Error,
                                   "A tensor needs bytes that its storage or file does not have"};
inline constexpr Rule kTensorOverlap{"tensor.overlap", Severity::Warning, "Tensors' bytes overlap in the file"};
inline constexpr Rule kAlignment{"tensor.alignment", Severity::Note,
                                 "A tensor's bytes do not start at a multiple of its element size"};
inline constexpr Rule kReadFailed{"tensor.unreadable", Severity::Error, "A tensor's bytes cannot be read"};
inline constexpr Rule kNan{"tensor.nan", Severity::Warning, "A tensor holds NaN"};
inline constexpr Rule kInfinity{"tensor.infinity", Severity::Warning, "A tensor holds infinities"};
inline constexpr Rule kAllZero{"tensor.all-zero", Severity::Note, "Every element of a tensor is zero"};
inline constexpr Rule kConstant{"tensor.constant", Severity::Note, "Every element of a tensor is the same"};
inline constexpr Rule kNotChecked{"check.not-done", Severity::Warning, "A check could not be done"};

// All of the above.
[[nodiscard]] std::span<const Rule> all() noexcept;

}  // namespace plimsoll::rules
