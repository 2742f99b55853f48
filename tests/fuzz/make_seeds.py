#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make_seeds.py: writes tests/fuzz/seeds, small files of every format for the fuzz targets to start from.

Needs torch, numpy and safetensors; the seeds are committed, so only who adds one runs it."""
import argparse
import gzip
import io
import os
import pickle
import shutil
import struct
import tarfile
import tempfile
import zipfile
from collections import OrderedDict

import numpy as np
import torch
import torch.distributed.checkpoint as dcp
from safetensors.torch import save as save_safetensors

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")


def put(target, name, data):
    folder = os.path.join(HERE, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def zipped(members, packing=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def gguf():
    def text(value):
        return struct.pack("<Q", len(value)) + value

    pairs = [text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama"),
             text(b"general.alignment") + struct.pack("<II", 4, 32),
             text(b"tokenizer.chat_template") + struct.pack("<I", 8) + text(b"{{ messages }}"),
             text(b"list") + struct.pack("<IIQ3f", 9, 6, 3, 1, 2, 3)]
    tensors = [text(b"a") + struct.pack("<IQQIQ", 2, 32, 2, 8, 0), text(b"b") + struct.pack("<IQIQ", 1, 4, 0, 96)]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs + tensors)
    return head + b"\0" * (-len(head) % 32) + bytes(range(112))


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    torch.manual_seed(0)
    weight = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    state = OrderedDict([("w", weight), ("t", weight.t()), ("h", torch.ones(3, dtype=torch.bfloat16))])
    model = torch.nn.Linear(2, 2)
    objects = {"state": state, "epoch": 3, "args": argparse.Namespace(lr=0.1), "sparse": torch.eye(2).to_sparse(),
               "q": torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8)}
    torch_files = {"zip": saved(state), "objects": saved(objects), "module": saved(model),
                   "legacy": saved(state, _use_new_zipfile_serialization=False),
                   "legacy-objects": saved(objects, _use_new_zipfile_serialization=False)}
    script = io.BytesIO()
    torch.jit.save(torch.jit.script(model), script)
    torch_files["script"] = script.getvalue()
    for name, data in torch_files.items():
        put("torch", name, data)
        put("scan", "torch-" + name, data)

    values = [None, [1, 2.5, "x", b"\x80\x03N.", (1, 2, 3, 4), {"a": {1, 2}}], argparse.Namespace(a=1), 2**70,
              np.zeros(2), objects["args"].__class__]
    for number, value in enumerate(values):
        for protocol in (0, 2, 4, 5):
            put("pickle", f"{number}-{protocol}", pickle.dumps(value, protocol))
    evil = b"\x80\x02cposix\nsystem\n(S'id'\ntR."
    put("pickle", "call", evil)
    put("pickle", "nested", pickle.dumps({"x": evil, "y": evil.decode("latin-1")}, 2))

    put("zip", "torch", torch_files["zip"])
    put("zip", "deflated", zipped({"a/data.pkl": pickle.dumps([1] * 50), "b": b"text" * 40, "c/": b""}))
    put("zip", "stored", zipped({"a": b"1", "b": b""}, zipfile.ZIP_STORED))
    put("safetensors", "plain", save_safetensors({"w": weight, "h": state["h"]}, metadata={"format": "pt"}))
    put("safetensors", "empty", save_safetensors({}))
    put("gguf", "plain", gguf())
    for name, value in {"f4": np.arange(6, dtype="<f4").reshape(2, 3), "big": np.arange(3, dtype=">i2"),
                        "object": np.array([1, "a"], dtype=object), "record": np.zeros(2, dtype="i4,f8")}.items():
        out = io.BytesIO()
        np.save(out, value)
        put("npy", name, out.getvalue())
    for name, write in {"npz": np.savez, "npz-deflated": np.savez_compressed}.items():
        out = io.BytesIO()
        write(out, a=np.arange(4), b=np.array([[1.5]]))
        put("npy", name, out.getvalue())

    with tempfile.TemporaryDirectory() as folder:
        dcp.save({"w": weight, "deep": {"h": state["h"], "epoch": 3}}, checkpoint_id=folder, no_dist=True)
        parts = [open(os.path.join(folder, name), "rb").read() for name in (".metadata", "__0_0.distcp")]
    put("dcp", "plain", struct.pack("<H", len(parts[0])) + parts[0] + parts[1])

    put("scan", "polyglot", evil + torch_files["zip"])
    put("scan", "nested-zip", zipped({"in.zip": zipped({"x": evil})}))
    put("scan", "tar", tarred({"m.pkl": evil, "n": zipped({"x": evil})}))
    put("scan", "tar-gz", gzip.compress(tarred({"m.pkl": evil}), mtime=0))
    put("scan", "nested", pickle.dumps({"x": evil, "y": evil.decode("latin-1")}, 0))
    put("scan", "gguf", gguf())
    put("scan", "npy", open(os.path.join(HERE, "npy", "object"), "rb").read())


if __name__ == "__main__":
    main()
