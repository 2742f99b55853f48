# SPDX-License-Identifier: GPL-3.0-or-later
"""peer_load.py METHOD MODEL SOURCE PARTS DEVICE: fills the module of MODEL as the notebook's sections do, and as the
tutorial (mmap_process) and lernapparat (lazy) do. PARTS: the directory with a file per tensor; '-' where there is none."""
import os
import sys
import time

import torch

import gpt2
from peer import Operation, memory, report, reset_peak

try:
    # lernapparat's proxies, as Lightning carries them on.
    from lightning.fabric.utilities.load import _lazy_load as lazy_load
except ImportError:
    lazy_load = None  # a mapping stands for them


def meta_module(model):
    with torch.device("meta"):
        return gpt2.module(model)


def load(source, device, mmap=None):
    return torch.load(source, map_location=device, weights_only=True, mmap=mmap)


def copy_all(module, tensor_of):
    """Parameters and buffers; the notebook's loops leave the buffers of a to_empty module as they are."""
    with torch.no_grad():
        for name, target in module.state_dict().items():
            target.copy_(tensor_of(name))


def baseline(model, source, _, device):
    module = gpt2.module(model).to(device)
    module.load_state_dict(load(source, device))
    return module


def sequential(model, source, _, device):
    module = gpt2.module(model).to(device)
    state = load(source, "cpu")
    copy_all(module, lambda name: state[name].to(device))
    return module


def meta(model, source, _, device):
    module = meta_module(model).to_empty(device=device)
    state = load(source, device)
    copy_all(module, state.__getitem__)
    return module


def mmap_assign(model, source, _, device):
    module = meta_module(model)
    module.load_state_dict(load(source, device, mmap=True), assign=True)
    return module


def mmap_copy(model, source, _, device):
    module = meta_module(model).to_empty(device=device)
    state = load(source, "cpu", mmap=True)
    copy_all(module, state.__getitem__)
    return module


def per_tensor(model, _, parts, device):
    module = meta_module(model).to_empty(device=device)
    copy_all(module, lambda name: load(f"{parts}/{name}.pt", "cpu"))
    return module


def mmap_process(model, source, _, device):
    module = meta_module(model)
    state = load(source, "cpu", mmap=True)
    for name, tensor in state.items():
        dtype = torch.bfloat16 if tensor.is_floating_point() else tensor.dtype
        state[name] = tensor.to(dtype=dtype).to(device)
    module.load_state_dict(state, assign=True)
    return module


def lazy(model, source, _, device):
    module = meta_module(model).to(torch.bfloat16).to_empty(device=device)
    proxies = lazy_load(source) if lazy_load else load(source, "cpu", mmap=True)
    read = (lambda proxy: proxy._load_tensor()) if lazy_load else torch.clone
    copy_all(module, lambda name: read(proxies.pop(name)).to(torch.bfloat16))
    return module


METHODS = {f.__name__: f for f in (baseline, sequential, meta, mmap_assign, mmap_copy, per_tensor, mmap_process, lazy)}


def main(method, model, source, parts, device):
    # The first meta tensors import torch's decompositions: a second that is no part of loading. On a GPU the first
    # tensor makes the context.
    with torch.device("meta"):
        torch.triu(torch.ones(2, 2), diagonal=1)
    if device != "cpu":
        torch.zeros(1, device=device).cpu()
        torch.cuda.reset_peak_memory_stats(device)
    reset_peak()
    with Operation() as operation:
        filled = METHODS[method](model, source, parts, device)
        if device != "cpu":
            torch.cuda.synchronize(device)
            operation.extra["device"] = torch.cuda.max_memory_allocated(device)
    # The first use of the weights, as our checksum is: what a mapping has put off shows here.
    start = time.perf_counter()
    with torch.no_grad():
        for tensor in filled.state_dict().values():
            tensor.sum()
    if device != "cpu":
        torch.cuda.synchronize(device)
    report(use_s=time.perf_counter() - start, peak=memory())
    # Ends here: unmapping and freeing at interpreter exit are no part of loading.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
