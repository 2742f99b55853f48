// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Models that differ in everything a strategy must get right.
inline constexpr auto kWriteModels = R"(
import sys, os, json, struct, zipfile, torch
from safetensors.torch import save_file
out = sys.argv[1]
torch.manual_seed(7)

weights = {"net.0.weight": torch.randn(300, 1000), "net.0.bias": torch.randn(300), "net.1.running_var": torch.rand(300),
           "net.1.num_batches_tracked": torch.tensor(5), "mask": torch.ones(64, 64).triu().bool(),
           "big": torch.randn(1 << 20), "empty": torch.zeros(0, 3), "scalar": torch.tensor(2.5)}
torch.save(weights, out + "/plain.pth")
torch.save(weights, out + "/legacy.pth", _use_new_zipfile_serialization=False)
save_file(weights, out + "/plain.safetensors")

base = torch.randn(400, 700)
torch.save({"tied": {"a": base, "b": base}, "rows": base[3:200], "columns": base[:, 5:90], "turned": base.t(),
            "broadcast": torch.randn(1, 9).expand(5, 9), "param": torch.nn.Parameter(torch.randn(33)),
            "wide": torch.randn(8, 600, 600).permute(2, 0, 1)}, out + "/views.pth")

every = {}
for dtype in [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2,
              torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu, torch.int64, torch.int32, torch.int16,
              torch.int8, torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.complex32, torch.complex64,
              torch.complex128]:
    size = torch.empty(0, dtype=dtype).element_size()
    every[str(dtype)] = torch.randint(0, 60, (6 * 7 * size,), dtype=torch.uint8).view(dtype).reshape(6, 7)
    every[str(dtype) + ".turned"] = every[str(dtype)].t()
every["bool"] = torch.rand(5, 5) > 0.5
torch.save(every, out + "/dtypes.pth")

# Any bits: NaNs of every kind, infinities, subnormals, values that no smaller type holds; also where vector loops end.
bits = {}
for dtype in [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2,
              torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu]:
    size = torch.empty(0, dtype=dtype).element_size()
    for length in (1, 7, 1037):
        some = torch.randint(0, 256, (length * size,), dtype=torch.uint8)
        some[-size:] = 255
        bits[f"{dtype} {length}"] = some.view(dtype)
torch.save(bits, out + "/bits.pth")

def repack(target, change, **how):
    with zipfile.ZipFile(out + "/plain.pth") as source, zipfile.ZipFile(target, "w", **how) as z:
        for item in source.infolist():
            z.writestr(item.filename, change(item.filename, source.read(item)))
repack(out + "/deflated.pth", lambda name, data: data, compression=zipfile.ZIP_DEFLATED)
repack(out + "/bigendian.pth", lambda name, data: b"big" if name.endswith("/byteorder") else data)
repack(out + "/savedfromcuda.pth", lambda name, data: data.replace(b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0"))

shards = {"model-00001-of-00002.safetensors": ["net.0.weight", "net.0.bias", "scalar"],
          "model-00002-of-00002.safetensors": ["big", "mask", "empty"]}
os.mkdir(out + "/sharded")
for name, keys in shards.items(): save_file({k: weights[k] for k in keys}, f"{out}/sharded/{name}")
json.dump({"metadata": {}, "weight_map": {k: n for n, keys in shards.items() for k in keys}},
          open(out + "/sharded/model.safetensors.index.json", "w"))

torch.save({f"block.{i}.w{j}": torch.randn(13, 5) for i in range(100) for j in range(20)}, out + "/small.pth")
z = torch.randn(40, 70, dtype=torch.complex64)
torch.save({"conj": z.conj(), "neg": (z * 3).conj().imag, "part": z.conj()[3:9], "plain": z}, out + "/lazy.pth")

torch.save({"sparse": torch.eye(50).to_sparse(), "dense": torch.randn(7, 9), "rows": torch.eye(20).to_sparse_csr(),
            "quantized": torch.quantize_per_channel(torch.randn(4, 6), torch.rand(4) + 0.1, torch.zeros(4), 0,
                                                    torch.qint8)}, out + "/parts.pth")

torch.save({"a": {"b": torch.ones(2)}, "a.b": torch.zeros(2)}, out + "/twice.pth")
torch.save({"a..b": torch.randn(3), "": torch.randn(2), "a.c": torch.randn(4)}, out + "/names.pth")
torch.save({f"layers.{i}.weight": torch.randn(1024, 2048) for i in range(26)}, out + "/large.pth")
)";
