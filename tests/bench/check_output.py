# SPDX-License-Identifier: GPL-3.0-or-later
"""check_output.py bf16|shard SOURCE OUTPUT: does OUTPUT have the names and values that torch makes of SOURCE?"""
import glob
import sys

import torch
from safetensors.torch import load_file


def main(job, source, output):
    expected = torch.load(source, weights_only=True, mmap=True)
    if job == "bf16":
        found = torch.load(output, weights_only=True, mmap=True)
    else:
        found = {}
        for shard in glob.glob(f"{output}/*.safetensors"):
            found.update(load_file(shard))
    if set(found) != set(expected):
        sys.exit(f"{len(found)} tensors, expected {len(expected)}")
    for name, tensor in expected.items():
        wanted = tensor.to(torch.bfloat16) if job == "bf16" else tensor
        if found[name].dtype != wanted.dtype or not torch.equal(found[name], wanted):
            sys.exit(f"{name} differs")


if __name__ == "__main__":
    main(*sys.argv[1:])
