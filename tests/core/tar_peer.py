# SPDX-License-Identifier: GPL-3.0-or-later
"""tar_peer.py DIR: tar archives as torch 0.1 wrote them, NAME.tar, and DIR/truth.json with what torch loads from each:
name -> [{name, dtype, shape, stride, sha256}]. Files that start with "bad-" are flawed."""
import hashlib
import io
import json
import os
import pickle
import struct
import sys
import tarfile

import torch

DIR = sys.argv[1]
TYPES = {"Float": torch.float32, "Double": torch.float64, "Half": torch.float16, "Long": torch.int64,
         "Int": torch.int32, "Short": torch.int16, "Char": torch.int8, "Byte": torch.uint8}


class Class:
    """Pickles as the global that it names."""

    def __init__(self, module, name):
        self.names = module, name


class Writer(pickle._Pickler):
    """Pickles classes by name, references by persistent id; bytes stay out of the way of Python 2."""

    def save_class(self, value):
        module, name = value.names
        self.write(b"c" + module.encode() + b"\n" + name.encode() + b"\n")

    dispatch = dict(pickle._Pickler.dispatch)
    dispatch[Class] = lambda self, value: self.save_class(value)

    def persistent_id(self, value):
        return value.key if isinstance(value, Reference) else None


class Reference:
    def __init__(self, key):
        self.key = key


def pickled(value, protocol=2):
    out = io.BytesIO()
    Writer(out, protocol).dump(value)
    return out.getvalue()


def storage(key, kind, values, count=None):
    data = b"".join(bytes(torch.tensor(v, dtype=TYPES[kind]).reshape(1).view(torch.uint8).tolist()) for v in values)
    count = len(values) if count is None else count
    return pickled((key, "cpu", Class("torch", kind + "Storage"))) + struct.pack("<q", count) + data


def tensor(key, storage_key, kind, shape, stride, offset=0, rank=None):
    rank = len(shape) if rank is None else rank
    return (pickled((key, storage_key, Class("torch", kind + "Tensor"))) + struct.pack("<ii", rank, 0) +
            struct.pack(f"<{len(shape)}q", *shape) + struct.pack(f"<{len(stride)}q", *stride) +
            struct.pack("<q", offset))


def members(root, storages, tensors, views=(), protocol=2):
    return {"sys_info": pickled({"protocol_version": 1000, "little_endian": True, "type_sizes": {"int": 4}}),
            "pickle": pickled(root, protocol), "tensors": pickled(len(tensors)) + b"".join(tensors),
            "storages": pickled(len(storages)) + b"".join(storages) + pickled(list(views))}


def write(name, parts, form=tarfile.PAX_FORMAT, mtime=0.25, links=()):
    """A fraction of a second makes pax headers."""
    with tarfile.open(os.path.join(DIR, name + ".tar"), "w", format=form) as tar:
        for member, data in parts.items():
            info = tarfile.TarInfo(member)
            info.mtime = mtime if form == tarfile.PAX_FORMAT else 0
            if member in links:
                info.type, info.linkname, data = tarfile.SYMTYPE, "/etc/passwd", b""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def simple():
    return [storage(101, "Float", [1, 2, 3, 4, 5, 6])], [tensor(201, 101, "Float", (2, 3), (3, 1)),
                                                         tensor(202, 101, "Float", (3,), (1,), 3)]


def good():
    write("views", members({"w": Reference(201), "row": Reference(202), "again": [Reference(201)]}, *simple()))
    write("gnu", members({"w": Reference(201), "row": Reference(202)}, *simple()), tarfile.GNU_FORMAT)
    write("ustar", members({"w": Reference(201), "row": Reference(202)}, *simple()), tarfile.USTAR_FORMAT)
    write("text-pickle", members({"w": Reference(201), "row": Reference(202)}, *simple(), protocol=0))
    write("root", members(Reference(201), *simple()[:1], simple()[1][:1]))
    write("types", members({kind: Reference(500 + i) for i, kind in enumerate(TYPES)},
                           [storage(400 + i, kind, [1, 2, 3, 4, 5, 100]) for i, kind in enumerate(TYPES)],
                           [tensor(500 + i, 400 + i, kind, (2, 3), (1, 2)) for i, kind in enumerate(TYPES)]))
    write("storage-views", members({"a": Reference(201), "b": Reference(202)},
                                   [storage(101, "Long", range(10))],
                                   [tensor(201, 102, "Long", (2, 2), (2, 1)), tensor(202, 103, "Long", (3,), (2,), 1)],
                                   [(102, 101, 2, 4), (103, 101, 3, 7)]))


def bad():
    write("bad-storage-count", members({}, [storage(101, "Float", [1.0], 10**9)], []))
    write("bad-negative-count", members({}, [storage(101, "Float", [1.0], -1)], []))
    write("bad-rank", members({}, simple()[0], [tensor(201, 101, "Float", (), (), 0, -1)]))
    write("bad-rank-65", members({}, simple()[0], [tensor(201, 101, "Float", (1,) * 65, (1,) * 65)]))
    write("bad-reach", members({}, simple()[0], [tensor(201, 101, "Float", (7,), (1,))]))
    write("bad-no-storage", members({}, simple()[0], [tensor(201, 999, "Float", (1,), (1,))]))
    write("bad-reference", members({"w": Reference(7)}, *simple()))
    write("bad-storage-view", members({}, simple()[0], [], [(102, 101, 4, 3)]))
    write("bad-twice", members({}, simple()[0] * 2, []))
    write("bad-link", members({}, *simple()), links=("storages",))
    write("bad-other", {"readme.txt": b"hello"})
    parts = members({}, *simple())
    del parts["tensors"]
    write("bad-no-tensors", parts)


good()
bad()
truth = {}
for file in sorted(os.listdir(DIR)):
    if not file.endswith(".tar") or file.startswith("bad-"):
        continue
    loaded = torch.load(os.path.join(DIR, file), weights_only=False)
    flat = {"": loaded} if isinstance(loaded, torch.Tensor) else dict(loaded)
    if "again" in flat:
        flat["again.0"] = flat.pop("again")[0]
    truth[file] = [{"name": name, "dtype": str(t.dtype)[6:], "shape": list(t.shape), "stride": list(t.stride()),
                    "sha256": hashlib.sha256(bytes(t.contiguous().reshape(-1).view(torch.uint8).tolist())).hexdigest()}
                   for name, t in flat.items()]
with open(os.path.join(DIR, "truth.json"), "w") as out:
    json.dump(truth, out)
