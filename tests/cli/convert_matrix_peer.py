# SPDX-License-Identifier: GPL-3.0-or-later
"""The same tensors in every format that is read, and what became of them in every format that is written.

convert_matrix_peer.py make DIR    writes DIR/SOURCE.* and what each holds, flat, as DIR/SOURCE.expected
convert_matrix_peer.py check DIR   compares DIR/out/SOURCE~TARGET with it, value for value, by the libraries that read
                                   the target; prints what is wrong, and at last "checked N"
"""
import collections
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile
from shutil import which

import numpy
import torch
import torch.distributed.checkpoint as dcp
from safetensors.torch import load_file, save_file
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save

DIR = sys.argv[2]


def at(*names):
    return os.path.join(DIR, *names)


def model():
    torch.manual_seed(5)
    special = torch.tensor([0.0, -0.0, float("inf"), float("nan"), 1e-45, -3e38, 65520.0])
    return collections.OrderedDict({
        "a.weight": torch.randn(6, 4), "a.bias": torch.randn(6), "f16": torch.randn(9).half(), "b16": special.bfloat16(),
        "special": special, "ids": torch.arange(-3, 300), "small": torch.arange(-5, 5, dtype=torch.int8),
        "flags": torch.tensor([True, False, True]), "scalar": torch.tensor(2.5, dtype=torch.float64),
        "empty": torch.zeros(0, 3), "large": torch.randn(700, 801)})


def sharded(folder, suffix, save, state):
    os.makedirs(at(folder))
    names = list(state)
    index = {"metadata": {"total_size": sum(t.nbytes for t in state.values())}, "weight_map": {}}
    for part in range(2):
        file = f"model-{part + 1:05}-of-00002.{suffix}"
        save({k: state[k] for k in names[part::2]}, at(folder, file))
        index["weight_map"].update({k: file for k in names[part::2]})
    with open(at(folder, f"model.{suffix}.index.json"), "w") as f:
        json.dump(index, f)


class Pickled(pickle._Pickler):
    """Writes torch's classes by name, and numbers below 10**6 of References as persistent ids."""

    def persistent_id(self, value):
        return value.key if isinstance(value, Reference) else None

    def save_storage(self, value):
        self.write(b"ctorch\n" + value.name.encode() + b"Storage\n")


class Reference:
    def __init__(self, key):
        self.key = key


class StorageClass:
    def __init__(self, name):
        self.name = name


Pickled.dispatch = {**pickle._Pickler.dispatch, StorageClass: Pickled.save_storage}


def pickled(value):
    out = io.BytesIO()
    Pickled(out, 2).dump(value)
    return out.getvalue()


def write_tar(path, state):
    """As torch 0.1 did."""
    kinds = {torch.float32: "Float", torch.int64: "Long", torch.int8: "Char", torch.float64: "Double", torch.float16: "Half"}
    storages, tensors, root = b"", b"", collections.OrderedDict()
    for i, (name, t) in enumerate(state.items()):
        kind = StorageClass(kinds[t.dtype])
        storages += pickled((1000 + i, "cpu", kind)) + struct.pack("<q", t.numel()) + t.contiguous().numpy().tobytes()
        tensors += pickled((2000 + i, 1000 + i, kind)) + struct.pack("<ii", t.dim(), 0)
        tensors += struct.pack(f"<{2 * t.dim()}q", *t.shape, *t.stride()) + struct.pack("<q", 0)
        root[name] = Reference(2000 + i)
    parts = {"sys_info": pickled({"protocol_version": 1000, "little_endian": True, "type_sizes": {"int": 4}}),
             "pickle": pickled(root), "tensors": pickled(len(state)) + tensors,
             "storages": pickled(len(state)) + storages + pickled([])}
    with tarfile.open(path, "w") as tar:
        for member, data in parts.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def write_gguf(path):
    """Plain and block types; answers the values of all."""
    torch.manual_seed(6)
    rng = numpy.random.default_rng(7)
    expected, entries, data = {}, b"", b""

    def add(name, kind, shape, raw, values):
        nonlocal entries, data
        data += bytes(-len(data) % 32)
        entries += struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", len(shape))
        entries += struct.pack(f"<{len(shape)}Q", *reversed(shape)) + struct.pack("<IQ", kind, len(data))
        data += raw
        expected[name] = values.reshape(shape)

    plain = {"f32": (0, torch.randn(3, 4)), "f16": (1, torch.randn(5).half()), "bf16": (30, torch.randn(7).bfloat16()),
             "i8": (24, torch.arange(-4, 4, dtype=torch.int8)), "i64": (27, torch.arange(6))}
    for name, (kind, t) in plain.items():
        add(name, kind, t.shape, bytes(t.reshape(-1).view(torch.uint8).tolist()), t)
    # 3,000 rows of 32: more than a block of a worker as f32.
    rows = 3000 * 4
    scales = rng.standard_normal(rows).astype("<f2")
    q = rng.integers(-128, 128, (rows, 32), dtype=numpy.int8)
    add("q8_0", 8, (3000, 128), b"".join(s.tobytes() + v.tobytes() for s, v in zip(scales, q)),
        torch.from_numpy(scales.astype("<f4")[:, None] * q.astype("<f4")))
    nibbles = rng.integers(0, 256, (rows, 16), dtype=numpy.uint8)
    halves = numpy.concatenate([nibbles & 15, nibbles >> 4], 1).astype(numpy.int8) - 8
    add("q4_0", 2, (3000, 128), b"".join(s.tobytes() + v.tobytes() for s, v in zip(scales, nibbles)),
        torch.from_numpy(scales.astype("<f4")[:, None] * halves.astype("<f4")))
    text = lambda s: struct.pack("<Q", len(s)) + s.encode()
    pairs = text("general.architecture") + struct.pack("<I", 8) + text("llama")
    pairs += text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 500) + b"".join(text(f"t{i}") for i in range(500))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(expected), 2) + pairs + entries
    with open(path, "wb") as f:
        f.write(head + bytes(-len(head) % 32) + data)
    return expected


class Scripted(torch.nn.Module):
    def __init__(self, state):
        super().__init__()
        self.a = torch.nn.Linear(4, 6)
        self.a.weight = torch.nn.Parameter(state["a.weight"])
        self.a.bias = torch.nn.Parameter(state["a.bias"])
        for name, t in state.items():
            if "." not in name:
                self.register_buffer(name, t)

    def forward(self, x):
        return self.a(x)


def make():
    state = model()
    no_numpy = {k: v for k, v in state.items() if k != "b16"}
    only_tar = {k: v for k, v in state.items() if k in ("a.weight", "ids", "small", "f16", "scalar", "large")}
    nested = {"model": dict(state), "optimizer": {"state": {0: {"step": torch.tensor(3.0), "exp_avg": state["a.weight"] * 2}},
                                                  "param_groups": [{"lr": 0.1, "params": [0]}]}, "epoch": 3}
    sources = {"zip": state, "legacy": state, "training": nested, "script": state, "safetensors": state, "sharded-st": state,
               "sharded-bin": state, "npz": no_numpy, "dcp": nested, "tensors": state, "tar": only_tar}
    torch.save(state, at("zip.pth"))
    torch.save(state, at("legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(nested, at("training.pth"))
    torch.jit.script(Scripted(state)).save(at("script.pt"))
    save_file(state, at("safetensors.safetensors"), {"format": "pt", "note": "x"})
    sharded("sharded-st", "safetensors", save_file, state)
    sharded("sharded-bin", "bin", torch.save, state)
    numpy.savez(at("npz.npz"), **{k: v.numpy() for k, v in no_numpy.items()})
    numpy.save(at("npy.npy"), state["large"].numpy())
    sources["npy"] = {"": state["large"]}
    dcp.save(nested, checkpoint_id=at("dcp"), no_dist=True)
    os.makedirs(at("tensors"))
    for name, t in state.items():
        torch.save(t, at("tensors", name + ".pt"))
    write_tar(at("tar.tar"), only_tar)
    sources["gguf"] = write_gguf(at("gguf.gguf"))
    for name, content in sources.items():
        torch.save(flat(content), at(name + ".expected"))


def flat(value, prefix=""):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    found = {}
    for key, item in items:
        name = f"{prefix}.{key}" if prefix else str(key)
        found.update({name: item} if isinstance(item, torch.Tensor) else flat(item, name))
    return found


def indexed(path, load):
    index = "".join(f for f in os.listdir(path) if f.endswith(".index.json"))
    if not index:  # one shard is a file like any other
        (only,) = os.listdir(path)
        return load(os.path.join(path, only))
    with open(os.path.join(path, index)) as f:
        weight_map = json.load(f)["weight_map"]
    files = {file: load(os.path.join(path, file)) for file in set(weight_map.values())}
    assert sorted(os.listdir(path)) == sorted([*files, index]), os.listdir(path)
    return {k: files[file] if isinstance(files[file], torch.Tensor) else files[file][k] for k, file in weight_map.items()}


def unzip(path):
    assert zipfile.ZipFile(path).testzip() is None
    if which("unzip"):
        subprocess.run(["unzip", "-tq", path], check=True, stdout=subprocess.DEVNULL)


def torch_file(path):
    unzip(path)
    return torch.load(path, weights_only=True)


def load_dcp(path):
    back = path + ".back"
    dcp_to_torch_save(path, back)
    whole = torch.load(back, weights_only=False)
    os.remove(back)
    # And into tensors that are there already, as a training run resumes.
    into = {k: torch.zeros_like(v) for k, v in flat(whole).items()}
    planner = dcp.DefaultLoadPlanner(flatten_state_dict=False)
    dcp.load(into, checkpoint_id=path, no_dist=True, planner=planner)
    for k, v in flat(whole).items():
        assert same(into[k], v), ("dcp.load", k)
    return whole


def hugging_face(path):
    """What huggingface_hub's own loaders make of it, where they are installed."""
    try:
        from huggingface_hub import load_state_dict_from_file
    except ImportError:
        return None
    # A pickle is only loaded where one asks for it.
    load = lambda file: load_state_dict_from_file(file, safe=not file.endswith(".bin"), weights_only=True)
    return indexed(path, load) if os.path.isdir(path) else load(path)


LOADERS = {"pth": torch_file, "bin": lambda path: indexed(path, torch_file), "safetensors": load_file,
           "st": lambda path: indexed(path, load_file), "tensors": lambda path: indexed(path, torch_file),
           "npz": lambda path: (unzip(path), {k: torch.from_numpy(v) for k, v in numpy.load(path).items()})[1],
           "dcp": load_dcp}


def same(a, b):
    bits = lambda t: t.detach().contiguous().reshape(-1).view(torch.uint8) if t.numel() else t.reshape(-1)
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(bits(a), bits(b))


def compare(source, target, path):
    expected = torch.load(at(source + ".expected"))
    if target == "npz":
        expected = {k: v.float() if v.dtype == torch.bfloat16 else v for k, v in expected.items()}
    loaded = LOADERS[target](path)
    got = flat(loaded)
    assert sorted(got) == sorted(expected), sorted(set(got) ^ set(expected))
    for name, want in expected.items():
        assert same(got[name], want), (name, got[name], want)
    if target == "dcp" and source in ("training", "dcp"):
        assert loaded["epoch"] == 3 and loaded["optimizer"]["param_groups"][0]["lr"] == 0.1, loaded["optimizer"]
    if target in ("safetensors", "st", "bin") and (hub := hugging_face(path)) is not None:
        assert sorted(hub) == sorted(expected) and all(same(hub[k], expected[k]) for k in expected), "huggingface_hub"


def check():
    count = 0
    for name in sorted(os.listdir(at("out"))):
        source, target = name.split(".")[0].split("~")
        try:
            compare(source, target, at("out", name))
        except Exception as error:
            print(f"{source} to {target}: {type(error).__name__}: {error}")
        count += 1
    print("checked", count)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    make() if sys.argv[1] == "make" else check()
