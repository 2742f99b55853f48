# SPDX-License-Identifier: GPL-3.0-or-later
"""peer_convert.py METHOD SOURCE DESTINATION: fp32 .pth to bf16 .pth (bf16_*) or to shards of 1 GB (shard_*)."""
import sys

import torch

from peer import Operation, make_durable

SHARD_BYTES = 10**9


def to_bf16(tensor):
    return tensor.to(torch.bfloat16) if tensor.is_floating_point() else tensor


def load(source, mmap):
    return torch.load(source, map_location="cpu", weights_only=True, mmap=mmap)


def bf16_torch(source, destination):
    torch.save({name: to_bf16(t) for name, t in load(source, None).items()}, destination)


def bf16_torch_mmap(source, destination):
    torch.save({name: to_bf16(t) for name, t in load(source, True).items()}, destination)


def bf16_litgpt(source, destination):
    with incremental_save(destination) as saver:
        state = {}
        for name, proxy in lazy_load(source).items():
            tensor = proxy._load_tensor() if hasattr(proxy, "_load_tensor") else proxy
            state[name] = saver.store_early(to_bf16(tensor))
        saver.save(state)


def shard_hub(source, destination):
    save_torch_state_dict(load(source, None), destination, max_shard_size=SHARD_BYTES)


def shard_hub_mmap(source, destination):
    save_torch_state_dict(load(source, True), destination, max_shard_size=SHARD_BYTES)


def shard_mergekit(source, destination):
    loader = TensorLoader.get(source, use_lazy_unpickle=True)
    writer = TensorWriter(destination, max_shard_size=SHARD_BYTES, safe_serialization=True)
    for name in list(loader.keys()):
        writer.save_tensor(name, loader.get_tensor(name))
    writer.finalize()


METHODS = {f.__name__: f for f in (bf16_torch, bf16_torch_mmap, bf16_litgpt, shard_hub, shard_hub_mmap, shard_mergekit)}

if __name__ == "__main__":
    method = METHODS[sys.argv[1]]
    # Imports stay outside the operation.
    if method is bf16_litgpt:
        from litgpt.utils import incremental_save, lazy_load
    elif method in (shard_hub, shard_hub_mmap):
        from huggingface_hub import save_torch_state_dict
    elif method is shard_mergekit:
        from mergekit.io.loader import TensorLoader
        from mergekit.io.tensor_writer import TensorWriter
    with Operation() as op:
        method(sys.argv[2], sys.argv[3])
        op.extra["fsync_s"] = make_durable(sys.argv[3])
