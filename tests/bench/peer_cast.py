# SPDX-License-Identifier: GPL-3.0-or-later
"""peer_cast.py BYTES FROM TO: torch's conversion of a source of BYTES into memory that is there already, one thread."""
import json
import sys
import time

import torch

NAMES = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16,
         "f8_e4m3fn": torch.float8_e4m3fn, "f8_e5m2": torch.float8_e5m2}
SECONDS_PER_CASE = 0.5
MINIMUM_RUNS = 5


def main(size, source_name, target_name):
    torch.set_num_threads(1)
    source_type, target_type = NAMES[source_name], NAMES[target_name]
    torch.manual_seed(1)
    source = torch.empty(size // source_type.itemsize).normal_(0, 0.02).to(source_type)
    target = torch.empty(source.numel(), dtype=target_type)
    target.copy_(source)
    seconds, start = [], time.perf_counter()
    while len(seconds) < MINIMUM_RUNS or time.perf_counter() - start < SECONDS_PER_CASE:
        before = time.perf_counter()
        target.copy_(source)
        seconds.append(time.perf_counter() - before)
    seconds.sort()
    print(json.dumps({"what": f"{source_name}>{target_name}", "source_bytes": source.nbytes,
                      "target_bytes": target.nbytes, "best_s": seconds[0], "median_s": seconds[len(seconds) // 2],
                      "runs": len(seconds), "instruction_set": torch.backends.cpu.get_cpu_capability()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
