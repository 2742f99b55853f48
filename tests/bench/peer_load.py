# SPDX-License-Identifier: GPL-3.0-or-later
"""peer_load.py METHOD MODEL SOURCE [PARTS]: fills the module of MODEL as the notebook's sections do, on the CPU."""
import os
import sys

import torch

import gpt2
from peer import Operation


def meta_module(model):
    with torch.device("meta"):
        return gpt2.module(model)


def load(source, mmap=None):
    return torch.load(source, map_location="cpu", weights_only=True, mmap=mmap)


def copy_all(module, tensor_of):
    """Parameters and buffers; the notebook's loops leave the buffers of a to_empty module as they are."""
    with torch.no_grad():
        for name, target in module.state_dict().items():
            target.copy_(tensor_of(name))


def baseline(model, source, _):
    module = gpt2.module(model)
    module.load_state_dict(load(source))
    return module


def sequential(model, source, _):
    module = gpt2.module(model)
    state = load(source)
    copy_all(module, state.__getitem__)
    return module


def meta(model, source, _):
    module = meta_module(model).to_empty(device="cpu")
    state = load(source)
    copy_all(module, state.__getitem__)
    return module


def mmap_assign(model, source, _):
    module = meta_module(model)
    module.load_state_dict(load(source, mmap=True), assign=True)
    return module


def mmap_copy(model, source, _):
    module = meta_module(model).to_empty(device="cpu")
    state = load(source, mmap=True)
    copy_all(module, state.__getitem__)
    return module


def per_tensor(model, _, parts):
    module = meta_module(model).to_empty(device="cpu")
    copy_all(module, lambda name: load(f"{parts}/{name}.pt"))
    return module


METHODS = {f.__name__: f for f in (baseline, sequential, meta, mmap_assign, mmap_copy, per_tensor)}

if __name__ == "__main__":
    # The first meta tensors import torch's decompositions: a second that is no part of loading.
    with torch.device("meta"):
        torch.triu(torch.ones(2, 2), diagonal=1)
    with Operation():
        filled = METHODS[sys.argv[1]](sys.argv[2], sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else "")
    # Ends here: unmapping and freeing at interpreter exit are no part of loading.
    sys.stdout.flush()
    os._exit(0)
