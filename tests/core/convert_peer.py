# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkpoints that tst_convert converts, and judges what came out, with torch and safetensors themselves.

convert_peer.py make DIR            writes all sources into DIR
convert_peer.py serve               judges conversions: a JSON list [CASE, SRC, OUT, DTYPE or ""] per line of stdin is
                                    answered by a line of stdout, empty where OUT is the right conversion of SRC
"""
import argparse
import collections
import json
import os
import sys
import traceback
import warnings

import torch
from safetensors.torch import load_file, save_file, save_model
from torch.utils.serialization import config as torch_config

FLOATS = ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
OTHERS = ["int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool", "complex64"]
TORCH_ONLY = ["complex32", "complex128"]


def values(dtype, *shape):
    g = torch.Generator().manual_seed(sum(shape) + len(dtype))
    x = torch.randn(*shape, generator=g, dtype=torch.float64) * 40
    dt = getattr(torch, dtype)
    if dtype.startswith("uint") and dtype != "uint8":
        return x.abs().to(torch.int64).to(dt)
    return x.to(torch.complex64).to(dt) if dtype == "complex32" else x.to(dt)


def all_types(names):
    d = collections.OrderedDict()
    for name in names:
        d[name] = values(name, 5, 7)
        d[name + ".scalar"] = values(name, 1)[0].clone()
        d[name + ".empty"] = values(name, 0, 3)
    d["special"] = torch.tensor([0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1e-45, 3.4e38, 65520.0, 1e-8])
    return d


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(50, 16)
        self.norm = torch.nn.BatchNorm1d(16)
        self.head = torch.nn.Linear(16, 50, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, x):
        return self.head(self.norm(self.embed(x)))


def trained():
    torch.manual_seed(3)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(2):
        net(torch.arange(8)).square().mean().backward()
        optimizer.step()
    return net, optimizer


def training():
    net, optimizer = trained()
    return {
        "state_dict": net.state_dict(),
        "ema": {k: v.clone() for k, v in net.state_dict().items()},
        "optimizer": optimizer.state_dict(),
        "epoch": 12,
        "best": 0.1 + 0.2,
        "big": 2**80,
        "name": "na\u00efve \U0001f600",
        "flags": [True, None, (1, 2.5), {"set": {1, 2}}],
        "blob": b"\x00\xff",
        "rng": torch.get_rng_state(),
    }


def views():
    base = torch.randn(40, 60)
    d = collections.OrderedDict()
    d["whole"] = base
    d["transposed"] = base.t()
    d["sliced"] = base[3:9, 5:50:3]
    d["row"] = base[7]
    d["same"] = base.view(40, 60)
    d["expanded"] = torch.arange(5.0).unsqueeze(0).expand(7, 5)
    d["permuted"] = torch.randn(3, 4, 5).permute(2, 0, 1)
    d["last"] = torch.arange(1000.0)[990:]
    d["ints"] = torch.arange(24).view(2, 3, 4)[:, 1]
    return d


def big():
    # Records of many blocks, one of them not a multiple of a block, and strided ones.
    d = collections.OrderedDict()
    d["first"] = torch.randn(1_300_003)
    d["tail.transposed"] = torch.randn(1500, 1100).t()
    d["f64"] = torch.randn(700_001, dtype=torch.float64)
    d["small"] = torch.randn(3)
    return d


def make(folder):
    at = lambda name: os.path.join(folder, name)
    net, _ = trained()
    types = all_types(FLOATS + OTHERS + TORCH_ONLY)
    torch.save(types, at("types.pth"))
    save_file(all_types(FLOATS + OTHERS), at("types.safetensors"), {"format": "pt"})
    save_file(all_types(FLOATS), at("metadata.safetensors"), {"format": "pt", "license": "mit", "epoch": "3"})
    torch.save(training(), at("training.pth"))
    torch.save({"args": argparse.Namespace(lr=0.1, tags=["a"]), "model": net.state_dict(), "epoch": 3}, at("namespace.pth"))
    torch.save(net.state_dict(), at("tied.pth"))
    torch.save({k: v for k, v in net.named_parameters(remove_duplicate=False)}, at("parameters.pth"))
    shared = torch.randn(6)
    torch.save({"a": shared, "b": shared, "list": [shared, torch.ones(2)]}, at("memo.pth"))
    save_model(net, at("tied.safetensors"))
    torch.save(views(), at("views.pth"))
    torch.save(big(), at("big.pth"))
    torch.save(views(), at("views_legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(training(), at("training_legacy.pth"), _use_new_zipfile_serialization=False)
    many = collections.OrderedDict((f"layers.{i}.w{i % 7}", torch.full((i % 5, 3), float(i))) for i in range(5000))
    torch.save(many, at("many.pth"))
    dense = torch.tensor([[0.0, 1.0], [2.0, 0.0]])
    sparse = {
        "sparse": dense.to_sparse(),
        "csr": dense.to_sparse_csr(),
        "quantized": torch.quantize_per_tensor(torch.randn(4), 0.1, 2, torch.qint8),
        "conjugate": torch.randn(3, dtype=torch.complex64).conj(),
        "plain": torch.randn(4),
    }
    torch.save(sparse, at("objects.pth"))
    devices(at)
    sharded(at)


def devices(at):
    # As files of a machine with accelerators say it.
    d = {"a": torch.randn(3), "b": torch.randn(4), "OrderedDict": torch.ones(2)}
    tags = dict(zip((t.untyped_storage().data_ptr() for t in d.values()), ["cuda:0", "cuda:1", "OrderedDict"]))
    real, torch.serialization.location_tag = torch.serialization.location_tag, lambda s: tags[s.data_ptr()]
    torch.save(d, at("devices.pth"))
    torch.save(d, at("devices_legacy.pth"), _use_new_zipfile_serialization=False)
    torch.serialization.location_tag = real


def locations(path):
    seen = []
    torch.load(path, weights_only=True, map_location=lambda storage, location: seen.append(location) or storage)
    return seen


def sharded(at):
    full = collections.OrderedDict((f"l{i}.weight", torch.randn(100 + i)) for i in range(9))
    os.makedirs(at("sharded_st"))
    os.makedirs(at("sharded_bin"))
    torch.save(full, at("sharded_full.pth"))
    for folder, name, save in (("sharded_st", "model-%05d-of-00003.safetensors", save_file), ("sharded_bin", "pytorch_model-%05d-of-00003.bin", torch.save)):
        index = {"metadata": {"total_size": sum(t.nbytes for t in full.values())}, "weight_map": {}}
        for part in range(3):
            keys = list(full)[part * 3 : part * 3 + 3]
            file = name % (part + 1)
            save({k: full[k] for k in keys}, os.path.join(at(folder), file))
            index["weight_map"].update({k: file for k in keys})
        kind = "model.safetensors" if folder == "sharded_st" else "pytorch_model.bin"
        with open(os.path.join(at(folder), kind + ".index.json"), "w") as f:
            json.dump(index, f)


def load(path, **kwargs):
    """A checkpoint by the peer's own means; torch files three ways, which must agree."""
    if os.path.isdir(path):
        index = [f for f in os.listdir(path) if f.endswith(".index.json")]
        if not index:
            (only,) = os.listdir(path)
            return load(os.path.join(path, only))
        with open(os.path.join(path, index[0])) as f:
            weight_map = json.load(f)["weight_map"]
        shards = {file: load(os.path.join(path, file), **kwargs) for file in set(weight_map.values())}
        assert sum(len(s) for s in shards.values()) == len(weight_map)
        assert sorted(os.listdir(path)) == sorted([*shards, index[0]]), os.listdir(path)
        return {k: shards[file][k] for k, file in weight_map.items()}
    if path.endswith(".safetensors"):
        return load_file(path)
    kwargs.setdefault("weights_only", True)
    plain = torch.load(path, **kwargs)
    if torch.serialization._is_zipfile(open(path, "rb")):
        same(torch.load(path, mmap=True, **kwargs), plain)
        with torch_config.patch({"load.calculate_storage_offsets": True}):  # trusts what a writer promises
            same(torch.load(path, mmap=True, **kwargs), plain)
    return plain


def cast(t, dtype):
    return t.to(dtype) if dtype is not None and t.is_floating_point() else t


def bits(t):
    # float8 and unsigned types have no torch.equal; NaN is not equal to itself.
    return t.detach().contiguous().flatten().view(torch.uint8) if t.numel() else t.new_empty(0, dtype=torch.uint8)


def same(a, b, dtype=None, path="", strides=True):
    """a is b with its floating-point tensors cast."""
    assert type(a) is type(b) or not strides, (path, type(a), type(b))
    if isinstance(b, torch.Tensor):
        assert a.layout == b.layout and a.shape == b.shape, (path, a.shape, b.shape)
        assert a.requires_grad == b.requires_grad, path
        if b.layout != torch.strided or b.is_quantized:
            assert str(a) == str(cast(b, dtype)), (path, a, b)
            return
        if strides:
            assert a.stride() == b.stride() or not b.numel(), (path, a.stride(), b.stride())
        b = cast(b, dtype)
        assert a.dtype == b.dtype, (path, a.dtype, b.dtype)
        assert a.is_conj() == b.is_conj(), path
        assert torch.equal(bits(a.resolve_conj()), bits(b.resolve_conj())), path
    elif isinstance(b, dict):
        assert list(a) == list(b), (path, [k for k in zip(a, b) if k[0] != k[1]][:3], len(a), len(b))
        for k in b:
            same(a[k], b[k], dtype, f"{path}.{k}", strides)
        same(getattr(a, "_metadata", None), getattr(b, "_metadata", None), dtype, path + "._metadata")
    elif isinstance(b, (list, tuple)):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b)):
            same(x, y, dtype, f"{path}.{i}", strides)
    elif isinstance(b, argparse.Namespace):
        same(vars(a), vars(b), dtype, path)
    else:
        assert a == b, (path, a, b)


def flat(v, prefix=""):
    """Dotted names of tensors, as plimsoll lists them."""
    out = {}
    items = v.items() if isinstance(v, dict) else enumerate(v) if isinstance(v, (list, tuple)) else ()
    for k, x in items:
        name = f"{prefix}.{k}" if prefix else str(k)
        if isinstance(x, torch.Tensor):
            out[name] = x
        else:
            out.update(flat(x, name))
    return out


def same_flat(got, expected, dtype, strides=False):
    assert sorted(got) == sorted(expected), sorted(set(got) ^ set(expected))[:6]
    for k in expected:
        same(got[k], expected[k].detach(), dtype, k, strides)


def metadata(path):
    with open(path, "rb") as f:
        n = int.from_bytes(f.read(8), "little")
        assert n % 8 == 0
        return json.loads(f.read(n)).get("__metadata__", {})


def with_aliases(got, source, path):
    notes = metadata(path)
    return {**got, **{name: got[notes[name]] for name in set(source) - set(got)}}


def pointers(d):
    return {k: v.untyped_storage().data_ptr() for k, v in flat(d).items() if v.layout == torch.strided}


def ties(d):
    groups = collections.defaultdict(set)
    for k, p in pointers(d).items():
        groups[p].add(k)
    return sorted(sorted(g) for g in groups.values())


def check(case, src, out, dtype):
    unsafe = {"weights_only": False} if "namespace" in src or "objects" in src or "legacy" in src else {}
    if case == "state":  # what was a plain dict of tensors is one that torch's modules load
        got, source = load(out), load(src)
        assert type(got) is collections.OrderedDict
        same(dict(sorted(got.items())), dict(sorted(source.items())), dtype)
    elif case == "graph":  # the same structure, values, strides and sharing
        source, got = load(src, **unsafe), load(out, **({} if "legacy" in src else unsafe))
        same(got, source, dtype)
        assert ties(got) == ties(source), (ties(got), ties(source))
    elif case == "locations":
        assert locations(out) == locations(src) == ["cuda:0", "cuda:1", "OrderedDict"], locations(out)
    elif case == "flat":  # every tensor under its dotted name
        same_flat(load(out), flat(load(src, **unsafe)), dtype)
    elif case == "objects":  # tensors that are more than their elements; what torch put off is done
        source = {k: v.resolve_conj() if v.layout == torch.strided else v for k, v in load(src, **unsafe).items()}
        same_flat(load(out, **unsafe), source, dtype)
    elif case == "weights":
        source = load(src, **unsafe)
        source, got = source.get("state_dict", source.get("model", source)), load(out)
        if out.endswith(".pth"):
            same(got, source, dtype)
        else:
            same_flat(with_aliases(got, source, out), source, dtype)
    elif case == "tied":  # safetensors: written once, the other name in the metadata
        source, got = load(src, **unsafe), load(out)
        assert len(got) < len(source), "nothing was tied"
        same_flat(with_aliases(got, source, out), source, dtype)
    elif case == "identical":  # byte for byte what the library writes
        expected = out + ".expected"
        source = load(src)
        save_file({k: cast(v, dtype).contiguous() for k, v in source.items()}, expected, {"format": "pt"})
        with open(out, "rb") as a, open(expected, "rb") as b:
            assert a.read() == b.read()
    elif case == "training.metadata":
        notes = metadata(out)
        for k, v in {"epoch": "12", "best": "0.30000000000000004", "big": str(2**80), "name": "na\u00efve \U0001f600", "optimizer.param_groups.0.lr": "0.001", "format": "pt"}.items():
            assert notes[k] == v, (k, notes.get(k))
        assert "blob" not in notes
    elif case == "shards":  # as huggingface_hub splits
        with open(os.path.join(out, "model.safetensors.index.json")) as f:
            index = json.load(f)
        source = load(src)
        assert index["metadata"]["total_size"] == sum(t.nbytes for t in source.values())
        assert list(index["weight_map"]) == sorted(source)
        same_flat(load(out), source, dtype)
    else:
        raise SystemExit("unknown case " + case)


def serve():
    for line in sys.stdin:
        case, src, out, dtype = json.loads(line)
        try:
            check(case, src, out, getattr(torch, dtype) if dtype else None)
            answer = ""
        except Exception:
            answer = traceback.format_exc().replace("\n", " | ")
        print(answer, flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        serve()
