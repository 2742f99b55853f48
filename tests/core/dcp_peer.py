# SPDX-License-Identifier: GPL-3.0-or-later
"""dcp_peer.py DIR: directories as torch.distributed.checkpoint writes them, what torch makes of each (NAME.pt), and
DIR/truth.json with the tensors in it: name -> [{name, dtype, shape, sha256}]."""
import collections
import hashlib
import json
import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.multiprocessing as mp
from torch.distributed.checkpoint._nested_dict import flatten_state_dict
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor

DIR = sys.argv[1]
RANKS = 4
Point = collections.namedtuple("Point", "x y")


def content(t):
    flat = t.detach().contiguous().reshape(-1)
    return hashlib.sha256(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"").hexdigest()


def numbered(dtype, *shape):
    return torch.arange(torch.Size(shape).numel()).remainder(251).to(dtype).reshape(shape)


def one_rank():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.rand(5, 3)).sum().backward()
    optimizer.step()
    training = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 7, "name": "a run",
                "list": [torch.ones(2), {"deep": torch.zeros(2, 2)}], "a.dotted": {"b.c": torch.ones(3)},
                "objects": [1, "two", {"three": 3.0}], "point": Point(1, 2)}
    types = {str(d)[6:]: numbered(d, 5) for d in (torch.float64, torch.bfloat16, torch.float16, torch.int8, torch.bool,
                                                  torch.float8_e4m3fn, torch.complex64, torch.uint16)}
    views = {"transposed": numbered(torch.float32, 3, 4).t(), "slice": numbered(torch.float32, 6, 4)[1:3],
             "scalar": torch.tensor(3.5), "empty": torch.empty(0, 3), "column": numbered(torch.float32, 4, 4)[:, 1]}
    for name, state in (("training", training), ("types", types), ("views", views)):
        dcp.save(state, checkpoint_id=os.path.join(DIR, name), no_dist=True)


def of_rank(rank):
    dist.init_process_group("gloo", init_method="file://" + os.path.join(DIR, "rendezvous"), rank=rank,
                            world_size=RANKS)
    line = init_device_mesh("cpu", (RANKS,), mesh_dim_names=("all",))
    grid = init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))
    state = {
        "rows": distribute_tensor(numbered(torch.float32, 8, 6), line, [Shard(0)]),
        "uneven": distribute_tensor(numbered(torch.bfloat16, 7, 3), line, [Shard(0)]),
        "fewer_than_ranks": distribute_tensor(numbered(torch.float32, 2, 3), line, [Shard(0)]),
        "columns": distribute_tensor(numbered(torch.float16, 5, 8), line, [Shard(1)]),
        "middle": distribute_tensor(numbered(torch.int64, 3, 9, 2), line, [Shard(1)]),
        "grid": distribute_tensor(numbered(torch.float32, 6, 10), grid, [Shard(0), Shard(1)]),
        "copied": distribute_tensor(numbered(torch.float32, 4, 4), line, [Replicate()]),
        "half_copied": distribute_tensor(numbered(torch.float32, 4, 4), grid, [Replicate(), Shard(1)]),
        "plain": numbered(torch.float64, 3),
        "large_rows": distribute_tensor(numbered(torch.float32, 64, 1024), line, [Shard(1)]),
        "nested": {"list": [numbered(torch.float32, 2)], "step": 3},
    }
    dcp.save(state, storage_writer=dcp.FileSystemWriter(os.path.join(DIR, "ranks"), thread_count=2))
    dcp.save(state, storage_writer=dcp.FileSystemWriter(os.path.join(DIR, "file_per_item"), single_file_per_rank=False))
    dist.destroy_process_group()


def main():
    # A forked process cannot use the threads that its parent has started: the ranks come first.
    mp.start_processes(of_rank, nprocs=RANKS, start_method="fork")
    one_rank()
    truth = {}
    for name in ("training", "types", "views", "ranks", "file_per_item"):
        path = os.path.join(DIR, name)
        dcp_to_torch_save(path, path + ".pt")
        flat, _ = flatten_state_dict(torch.load(path + ".pt", weights_only=False))
        truth[name] = [{"name": key, "dtype": str(t.dtype)[6:], "shape": list(t.shape), "sha256": content(t)}
                       for key, t in flat.items() if isinstance(t, torch.Tensor)]
    with open(os.path.join(DIR, "truth.json"), "w") as out:
        json.dump(truth, out)


if __name__ == "__main__":
    main()
