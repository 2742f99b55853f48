# SPDX-License-Identifier: GPL-3.0-or-later
"""formats_peer.py DIR: checkpoints of every kind as torch and safetensors write them, and DIR/truth.json with what
they hold: file -> [{name, dtype, shape, stride, sha256, group}], where equal groups share a storage."""
import argparse
import collections
import hashlib
import json
import os
import sys
import types
import zipfile

import torch
from safetensors.torch import save_file

DIR = sys.argv[1]
truth = {}
torch.manual_seed(1)


def content(t):
    """SHA-256 of the elements in row-major order; none where there are no bytes."""
    if t.is_meta:
        return None
    t = t.detach()
    if t.is_quantized:
        t = t.int_repr()
    flat = t.resolve_conj().resolve_neg().contiguous().reshape(-1)
    return hashlib.sha256(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"").hexdigest()


def entry(name, t):
    return {"name": name, "dtype": str(t.dtype)[6:], "shape": list(t.shape), "stride": list(t.stride()),
            "sha256": content(t), "group": t.untyped_storage()._cdata}


def flatten(value, path=()):
    """Name and tensor of all that lies in dicts, lists, tuples and objects."""
    if isinstance(value, torch.Tensor):
        yield ".".join(path), value
    elif isinstance(value, torch.nn.Module):
        for key, tensor in value.state_dict(keep_vars=True).items():
            yield ".".join((*path, key)), tensor
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, (*path, key if isinstance(key, str) else repr(key)))
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from flatten(item, (*path, str(i)))
    elif isinstance(value, (argparse.Namespace, types.SimpleNamespace)):
        yield from flatten(vars(value), path)


def save(name, value, legacy=True, **options):
    """As a zip, and in the format before 1.6."""
    entries = [entry(path, tensor) for path, tensor in flatten(value)]
    torch.save(value, os.path.join(DIR, name + ".pt"), **options)
    truth[name + ".pt"] = entries
    if legacy:
        torch.save(value, os.path.join(DIR, name + ".legacy"), _use_new_zipfile_serialization=False, **options)
        truth[name + ".legacy"] = entries


def some(dtype, *shape):
    n = 1
    for dim in shape:
        n *= dim
    if dtype == torch.bool:
        return torch.arange(n).remainder(2).bool().reshape(shape)
    bits = torch.randint(0, 100, (n * max(1, torch.empty((), dtype=dtype).element_size()),), dtype=torch.uint8)
    return bits.view(dtype).reshape(shape)


DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2,
          torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu, torch.int64, torch.int32, torch.int16,
          torch.int8, torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.bool, torch.complex64,
          torch.complex128, torch.complex32]
for dtype in DTYPES:
    save("dtype-" + str(dtype)[6:], {"vector": some(dtype, 7), "matrix": some(dtype, 3, 5), "scalar": some(dtype),
                                     "empty": some(dtype, 0, 4)})

base = torch.arange(120, dtype=torch.float32).reshape(8, 15)
save("views", {"base": base, "transposed": base.t(), "row": base[3], "columns": base[:, 4:9], "step": base[::2, ::3],
               "expanded": torch.tensor([2.5]).expand(100, 100), "diagonal": base.diagonal(),
               "permuted": torch.arange(120.).reshape(2, 3, 4, 5).permute(0, 3, 1, 2), "last": base.flatten()[119]})

weight = torch.nn.Parameter(torch.randn(4, 3))
save("tied", {"embed.weight": weight, "head.weight": weight, "plain": torch.randn(2),
              "frozen": torch.nn.Parameter(torch.randn(2), requires_grad=False)})

model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2))
optimizer = torch.optim.Adam(model.parameters())
model(torch.randn(5, 4)).sum().backward()
optimizer.step()
save("training", {"epoch": 3, "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "best": 0.25,
                  "args": argparse.Namespace(lr=0.1, sizes=[1, 2], name="run", mask=torch.ones(3)),
                  "history": [(1, torch.ones(2)), {"nested": (torch.zeros(1),)}], "none": None, "big": 1 << 80})
save("module", {"model": model, "again": model[0].weight})
save("recurrent", {"model": torch.nn.LSTM(2, 3, 2)})
save("root-tensor", torch.randn(3))
save("root-list", [torch.ones(1), (torch.ones(2), [torch.ones(3)])])
save("keys", {"0": torch.ones(1), 0: torch.ones(2), None: torch.ones(3), (1, "a"): torch.ones(4), "": torch.ones(5),
              "a.b": torch.ones(6), "a": {"b": torch.ones(7)}, "é\n'\"": torch.ones(8), -1: torch.ones(9)})
save("nothing", {})
shared = {"w": torch.ones(2)}
save("defaultdict", {"d": collections.defaultdict(list, {"x": [torch.ones(2)]}),
                     "o": collections.OrderedDict(y=torch.ones(1))})
for protocol in (2, 3, 4, 5):
    save(f"protocol{protocol}", {"a.weight": torch.randn(3, 4), "b": {"c": torch.ones(2)}}, pickle_protocol=protocol)
save("many", {f"layers.{i // 10}.w{i % 10}": torch.full((i % 7,), i, dtype=torch.int32) for i in range(3000)})

quantized = torch.quantize_per_tensor(torch.randn(3, 4), 0.1, 3, torch.qint8)
save("quantized", {"q": quantized, "w": torch.ones(2)})
save("meta", {"m": torch.empty(3, 4, device="meta"), "w": torch.ones(2)}, legacy=False)

sparse = torch.eye(4).to_sparse()
torch.save({"s": sparse, "c": torch.eye(3).to_sparse_csr()}, os.path.join(DIR, "sparse.pt"))
csr = torch.eye(3).to_sparse_csr()
truth["sparse.pt"] = [entry("s.indices", sparse._indices()), entry("s.values", sparse._values()),
                      entry("c.crow_indices", csr.crow_indices()), entry("c.col_indices", csr.col_indices()),
                      entry("c.values", csr.values())]
for e in truth["sparse.pt"]:
    e["group"] = None

conjugate = torch.tensor([1 + 2j, 3 - 4j]).conj()
torch.save({"c": conjugate}, os.path.join(DIR, "conjugate.pt"))
truth["conjugate.pt"] = [entry("c", conjugate)]


class Tagged(torch.Tensor):
    pass


tagged = torch.ones(2, 3).as_subclass(Tagged)
tagged.scale = torch.ones(2)
torch.save({"x": tagged}, os.path.join(DIR, "subclass.pt"))
truth["subclass.pt"] = [entry("x", tagged.as_subclass(torch.Tensor)), entry("x.scale", tagged.scale)]


# The same archive with other compression, and with the bytes of a big-endian machine.
def rewrite(source, target, method, big=False):
    with zipfile.ZipFile(os.path.join(DIR, source)) as old, zipfile.ZipFile(os.path.join(DIR, target), "w", method) as new:
        for name in old.namelist():
            data = old.read(name)
            if big and name.endswith("byteorder"):
                data = b"big"
            elif big and "/data/" in name:
                data = b"".join(data[i:i + 4][::-1] for i in range(0, len(data), 4))
            new.writestr(name, data)
    truth[target] = truth[source]


torch.serialization.set_crc32_options(False)
save("no-checksums", {"a": torch.ones(2), "b": torch.zeros(3, 2)}, legacy=False)
torch.serialization.set_crc32_options(True)

rewrite("views.pt", "deflated.pt", zipfile.ZIP_DEFLATED)
rewrite("views.pt", "rezipped.pt", zipfile.ZIP_STORED)
rewrite("views.pt", "big-endian.pt", zipfile.ZIP_STORED, big=True)
for name in ("deflated.pt", "big-endian.pt"):
    again = torch.load(os.path.join(DIR, name))
    assert [content(t) for t in again.values()] == [e["sha256"] for e in truth[name]], name

tensors = {f"t.{str(dtype)[6:]}": some(dtype, 3, 5) for dtype in DTYPES
           if dtype not in (torch.complex32, torch.complex128, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz)}
tensors |= {"scalar": torch.tensor(2.5), "empty": torch.empty(0, 3), "é\n\"": torch.ones(2)}
save_file(tensors, os.path.join(DIR, "all.safetensors"), metadata={"format": "pt", "note": "é \"quoted\"", "empty": ""})
truth["all.safetensors"] = [entry(name, t) for name, t in tensors.items()]
save_file({}, os.path.join(DIR, "none.safetensors"))
truth["none.safetensors"] = []


def respell(path, key):
    """The same archive, with one key of its pickle in the spelling of protocol 0."""
    with zipfile.ZipFile(path) as old:
        records = {name: old.read(name) for name in old.namelist()}
    text = key.encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, data in records.items():
            if name.endswith("data.pkl"):
                data = data.replace(b"X" + len(text).to_bytes(4, "little") + text, b"V" + text + b"\n")
            new.writestr(name, data)
    assert key in torch.load(path, weights_only=False)


def shards(directory, suffix, write):
    os.makedirs(os.path.join(DIR, directory))
    entries, weight_map, total = [], {}, 0
    for s in range(4):
        name = f"model-{s + 1:05}-of-00004.{suffix}"
        part = {f"layers.{s}.w{i}": torch.randn(i, 3) for i in range(5)}
        write(part, os.path.join(DIR, directory, name))
        for key, t in part.items():
            weight_map[key] = name
            total += t.numel() * 4
            if suffix == "bin" and key == "layers.2.w3":
                respell(os.path.join(DIR, directory, name), key)
            entries.append({**entry(key, t), "file": name})
    index = "model.safetensors.index.json" if suffix == "safetensors" else "pytorch_model.bin.index.json"
    with open(os.path.join(DIR, directory, index), "w") as f:
        json.dump({"metadata": {"total_size": total, "nested": {"list": [1, 2.5, None, True]}}, "weight_map": weight_map}, f)
    truth[directory + "/" + index] = entries
    truth[directory] = entries


shards("sharded-safetensors", "safetensors", save_file)
shards("sharded-bin", "bin", torch.save)

with open(os.path.join(DIR, "truth.json"), "w") as f:
    json.dump(truth, f)
