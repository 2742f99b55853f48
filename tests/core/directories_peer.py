# SPDX-License-Identifier: GPL-3.0-or-later
"""directories_peer.py DIR: directories of several files, as training frameworks and people make them."""
import argparse
import json
import os
import sys

import numpy
import torch
from safetensors.torch import save_file

DIR = sys.argv[1]


def save(value, *path):
    target = os.path.join(DIR, *path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    torch.save(value, target)
    return target


def text(content, *path):
    with open(os.path.join(DIR, *path), "w") as out:
        out.write(content)


def tensor(n):
    return torch.full((2, 3), float(n))


def per_tensor():
    for i, name in enumerate(("a.weight", "a.bias", "%2Fodd")):
        save(tensor(i), "plain", name + ".pt")
    text("notes", "plain", "README.md")
    save(tensor(1), "mixed", "layers", "0", "w.pth")
    numpy.save(os.path.join(DIR, "mixed", "layers", "b.npy"), numpy.ones(3, dtype=numpy.float32))
    save_file({"c": tensor(2)}, os.path.join(DIR, "mixed", "layers", "c.safetensors"))
    for name in ("x", "y"):
        save(tensor(4), "indexed", name + ".pt")
    text(json.dumps({"metadata": {"epoch": 3}, "weight_map": {"long/x": "x.pt", "y": "y.pt", "z": "z.pt"}}),
         "indexed", "tensors.index.json")
    save({"model": tensor(1), "epoch": 1}, "unrelated", "one.pth")
    save({"model": tensor(1)}, "unrelated", "two.pth")
    save(tensor(1), "nested_only", "deep", "er", "model.pth")
    save(tensor(1), "one_broken", "a.pt")
    save(tensor(1), "one_broken", "b.pt")
    text("", "one_broken", "c.pt")


def deepspeed():
    for rank in range(2):
        save({"module": {"w": tensor(rank)}, "dp_world_size": 3, "mp_world_size": 2, "global_steps": 10,
              "ds_version": "0.14"}, "ds", "global_step10", f"mp_rank_{rank:02}_model_states.pt")
        for data in range(2):
            save({"optimizer_state_dict": {"zero_stage": 2, "partition_count": 3,
                                           "single_partition_of_fp32_groups": [tensor(data).flatten()]}},
                 "ds", "global_step10", f"bf16_zero_pp_rank_{data}_mp_rank_{rank:02}_optim_states.pt")
    save({"module": {}}, "ds", "global_step5", "mp_rank_00_model_states.pt")
    text("global_step10\n", "ds", "latest")
    save({"w": tensor(1)}, "ds_out", "mp_rank_00", "nothing.bin")
    text("../ds", "ds_out", "latest")


def megatron():
    args = argparse.Namespace(tensor_model_parallel_size=2, pipeline_model_parallel_size=2)
    for tp in range(2):
        for pp in range(2):
            folder = f"mp_rank_{tp:02}_{pp:03}"
            save({"args": args, "iteration": 1000, "model": {"language_model": {"w": tensor(tp * 2 + pp)}}},
                 "megatron", "iter_0001000", folder, "model_optim_rng.pt")
    text("1000", "megatron", "latest_checkpointed_iteration.txt")
    for tp in (0, 2):
        save({"model": {"w": tensor(tp)}}, "megatron_gap", f"mp_rank_{tp:02}", "model_rng.pt")
        save({"state": tensor(tp)}, "megatron_gap", f"mp_rank_{tp:02}", "distrib_optim.pt")


per_tensor()
deepspeed()
megatron()
