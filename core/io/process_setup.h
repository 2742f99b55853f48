// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace plimsoll {

// What every program does first, before it starts threads: a write over the file-size limit becomes an error (EFBIG)
// instead of SIGXFSZ, a closed pipe an error (EPIPE) instead of SIGPIPE, and the soft limit on open files becomes the
// hard one, because a sharded checkpoint keeps one descriptor per shard open.
void prepareProcess() noexcept;

}  // namespace plimsoll
