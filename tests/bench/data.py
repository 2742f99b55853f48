# SPDX-License-Identifier: GPL-3.0-or-later
"""data.py KIND DESTINATION...: makes one input of the benchmark with the libraries that users make theirs with.

dense MODEL FILE.pth FILE.safetensors   a state dict of random weights
parts FILE.pth DIRECTORY                one file per tensor of it
many COUNT FILE.pth FILE.safetensors    COUNT tensors of 16 floats, named as in a deep mixture of experts
database FILE.safetensors FILE.sqlite   names, types and shapes of a file as a table of SQLite
sparse COUNT FILE.pth FILE.safetensors  COUNT tensors of 48 MiB without blocks on disk (holes read as zeros)
"""
import json
import math
import os
import struct
import sys

import gpt2

EXPERT_PARTS = ("attn.q", "attn.k", "attn.v", "attn.o", "mlp.gate", "mlp.up", "mlp.down", "norm")


def many_names(count):
    # The header of a safetensors file holds 100 MB: a million names have to be short.
    if count > 500_000:
        yield from (f"layers.{i // 512}.{i // 8 % 64}.{EXPERT_PARTS[i % 8]}" for i in range(count))
        return
    for i in range(count):
        yield f"model.layers.{i // 512}.experts.{i // 8 % 64}.{EXPERT_PARTS[i % 8]}.weight"


def sparse_tensors(count):
    for i in range(count):
        yield f"model.layers.{i // 10}.{'abcdefghij'[i % 10]}.weight", (3072, 4096)


def save_both(state, pth, safetensors):
    import torch
    from safetensors.torch import save_file
    torch.save(state, pth)
    save_file(state, safetensors)


def dense(model, pth, safetensors):
    import torch
    torch.manual_seed(0)
    state = {}
    for name, shape in gpt2.tensors(model):
        if name.endswith("mask"):
            state[name] = torch.triu(torch.ones(*shape), diagonal=1)
        else:
            state[name] = torch.empty(shape).normal_(0, 0.02)
    save_both(state, pth, safetensors)


def parts(pth, directory):
    import torch
    os.mkdir(directory)
    for name, tensor in torch.load(pth, mmap=True, weights_only=True).items():
        torch.save(tensor.clone(), f"{directory}/{name}.pt")


def many(count, pth, safetensors):
    import torch
    torch.manual_seed(0)
    values = torch.empty(int(count), 4, 4).normal_()
    save_both({name: values[i].clone() for i, name in enumerate(many_names(int(count)))}, pth, safetensors)


def database(safetensors, destination):
    import sqlite3
    with open(safetensors, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    header.pop("__metadata__", None)
    with sqlite3.connect(destination) as connection:
        connection.execute("CREATE TABLE tensors (name TEXT, dtype TEXT, shape TEXT, bytes INTEGER)")
        connection.executemany("INSERT INTO tensors VALUES (?, ?, ?, ?)",
                               ((name, tensor["dtype"], str(tensor["shape"]),
                                 tensor["data_offsets"][1] - tensor["data_offsets"][0]) for name, tensor in header.items()))


def sparse(count, pth, safetensors):
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
    shapes = list(sparse_tensors(int(count)))
    with FakeTensorMode():
        state = {name: torch.empty(shape) for name, shape in shapes}
    with torch.serialization.skip_data(materialize_fake_tensors=True):
        torch.save(state, pth)
    header, offset = {}, 0
    for name, shape in shapes:
        end = offset + math.prod(shape) * 4
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(safetensors, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + offset)


if __name__ == "__main__":
    {"dense": dense, "parts": parts, "many": many, "database": database, "sparse": sparse}[sys.argv[1]](*sys.argv[2:])
