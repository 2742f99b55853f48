# SPDX-License-Identifier: GPL-3.0-or-later
"""peer_inspect.py METHOD FILE: lists every tensor (name, shape, dtype) the way METHOD does."""
import sys

from peer import Operation


def torch_mmap(path):
    import torch
    with Operation() as op:
        state = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
        rows = [(name, tuple(t.shape), str(t.dtype)) for name, t in state.items()]
        op.extra["tensors"] = len(rows)


def torch_mmap_shared(path):
    import mmap
    import torch
    torch.serialization.set_default_mmap_options(mmap.MAP_SHARED)
    torch_mmap(path)


def litgpt_lazy(path):
    from lightning.fabric.utilities.load import _lazy_load
    with Operation() as op:
        rows = [(name, tuple(t.shape), str(t.dtype)) for name, t in _lazy_load(path).items()]
        op.extra["tensors"] = len(rows)


def mergekit_lazy(path):
    from mergekit.io.loader import LazyPickleLoader
    with Operation() as op:
        index = LazyPickleLoader(path).index
        rows = [(name, tuple(t.shape), str(t.dtype)) for name, t in index.items()]
        op.extra["tensors"] = len(rows)


def zipfile_pickletools(path):
    import pickletools
    import zipfile
    with Operation() as op:
        archive = zipfile.ZipFile(path)
        pickle = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        rebuilds = sum(code.name == "REDUCE" for code, _, _ in pickletools.genops(archive.read(pickle)))
        op.extra["tensors"] = rebuilds


def picklescan(path):
    from picklescan.scanner import scan_file_path
    with Operation() as op:
        op.extra["globals"] = len(scan_file_path(path).globals)


def list_safetensors(path, framework):
    from safetensors import safe_open
    with Operation() as op:
        with safe_open(path, framework=framework) as file:
            rows = []
            for name in file.keys():
                part = file.get_slice(name)
                rows.append((name, tuple(part.get_shape()), part.get_dtype()))
        op.extra["tensors"] = len(rows)


def safe_open_numpy(path):
    list_safetensors(path, "np")


def safe_open_torch(path):
    import torch  # noqa: F401  safe_open would import it inside the operation
    list_safetensors(path, "pt")


METHODS = {f.__name__: f for f in (torch_mmap, torch_mmap_shared, litgpt_lazy, mergekit_lazy, zipfile_pickletools,
                                   picklescan, safe_open_numpy, safe_open_torch)}

if __name__ == "__main__":
    METHODS[sys.argv[1]](sys.argv[2])
