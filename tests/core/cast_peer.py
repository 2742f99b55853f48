# SPDX-License-Identifier: GPL-3.0-or-later
"""Casts that tst_cast_more compares with, made by torch itself: files SOURCE, SOURCE-TARGET and SOURCE-TARGET.saturated
of raw elements in the directory argv[1], and of every lossy pair of floats SOURCE-TARGET.loss as JSON.
"""
import json
import sys

import torch

torch.set_num_threads(1)  # chunks of several threads end off vector boundaries
FLOATS = ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
INTEGERS = ["int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"]
EDGES = [0.0, -0.0, 0.5, -0.5, 0.99, 1.5, -1.5, 1e-30, float("inf"), -float("inf"), float("nan"), 1e30, -1e30]
EDGES += [s * (2.0**k + d) for s in (1, -1) for k in (7, 8, 15, 16, 31, 32, 63, 64) for d in (-1.5, -1, -0.5, 0, 0.5, 1)]


def write(name, tensor):
    tensor.contiguous().view(torch.uint8).numpy().tofile(f"{sys.argv[1]}/{name}")


BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def every_pattern(d, g):
    """All values of 8 and 16 bits; of wider types half a million f32: any sign, exponent and upper fraction."""
    if d.itemsize == 1:
        return torch.arange(256).repeat(16).to(torch.uint8).view(d)
    if d.itemsize == 2:
        return torch.arange(-32768, 32768).to(torch.int16).view(d)
    upper = torch.arange(-32768, 32768, dtype=torch.int32).repeat(8) << 16
    lower = torch.randint(0, 65536, (len(upper),), generator=g, dtype=torch.int32)
    lower[: 3 * 65536] = torch.tensor([0, 1, 0x8000], dtype=torch.int32).repeat_interleave(65536)
    return (upper | lower).view(torch.float32)


def values(dtype):
    g = torch.Generator().manual_seed(5)
    d = getattr(torch, dtype)
    if dtype in FLOATS:
        scale = torch.tensor([2.0**k for k in range(-20, 70)], dtype=torch.float64)
        random = (torch.randn(512, 90, generator=g, dtype=torch.float64) * scale).flatten()
        x = torch.cat([torch.tensor(EDGES, dtype=torch.float64), random])
        patterns = every_pattern(d, g).to(torch.float64)
        x = torch.cat([x, patterns, patterns * (1 + 2.0**-30)]) if dtype == "float64" else x.to(d)
        if dtype != "float64":
            x = torch.cat([x.view(BITS[d.itemsize]), every_pattern(d, g).view(BITS[d.itemsize])]).view(d)
        return x[: len(x) // 4096 * 4096]
    if dtype == "bool":
        return torch.randint(0, 2, (8192,), generator=g).to(torch.bool)
    if d.itemsize <= 2:
        return every_pattern(d, g)
    raw = torch.randint(0, 256, (8192 * d.itemsize,), generator=g, dtype=torch.uint8)
    raw[: 8 * d.itemsize] = 255
    raw[8 * d.itemsize : 16 * d.itemsize] = 0
    return raw.view(d)


def saturated(x, target):
    """By way of doubles, which hold all of these but large 64-bit integers: those pairs are left out."""
    t = getattr(torch, target)
    wide = x.to(torch.float64)
    if target == "bool" or (x.dtype in (torch.int64, torch.uint64) and target in ("int64", "uint64")):
        return None
    if target in INTEGERS:
        info = torch.iinfo(t)
        clamped = torch.nan_to_num(wide, nan=0.0).clamp(float(info.min), float(info.max))
        top, bottom = clamped >= float(info.max), clamped <= float(info.min)
        result = torch.where(top | bottom, torch.zeros_like(clamped), clamped).to(t)
        fill = lambda v: torch.tensor([v], dtype=t).expand(len(x))
        raw = torch.where(top.unsqueeze(1), fill(info.max).contiguous().view(torch.uint8).view(len(x), -1), result.view(torch.uint8).view(len(x), -1))
        return torch.where(bottom.unsqueeze(1), fill(info.min).contiguous().view(torch.uint8).view(len(x), -1), raw).flatten()
    largest = torch.finfo(t).max
    result = x.to(t)
    bad = ~torch.isfinite(result.to(torch.float64)) & ~torch.isnan(wide)
    if target != "float8_e4m3fn":
        bad &= ~torch.isinf(wide)
    return torch.where(bad, torch.copysign(torch.full_like(wide, largest), wide).to(t).to(torch.float64), result.to(torch.float64)).to(t)


def loss(x, target):
    before, after = x.to(torch.float64), x.to(getattr(torch, target)).to(torch.float64)
    nan = torch.isnan(before)
    finite = torch.isfinite(before) & torch.isfinite(after)
    error = (after - before)[finite].abs()
    size = before[finite].abs()
    return {
        "count": len(x), "nan": int(nan.sum()), "overflow": int((torch.isfinite(before) & ~torch.isfinite(after)).sum()),
        "underflow": int(((after == 0) & (before != 0)).sum()), "max_abs": float(error.max()),
        "max_rel": float((error[size > 0] / size[size > 0]).max()), "rms": float(error.square().mean().sqrt()),
    }


for s in FLOATS + INTEGERS:
    source = values(s)
    write(s, source)
    for t in FLOATS + INTEGERS:
        if s == t:
            continue
        write(f"{s}-{t}", source.to(getattr(torch, t)))
        limit = saturated(source, t)
        if limit is not None:
            write(f"{s}-{t}.saturated", limit)
        if s in FLOATS and t in FLOATS:
            with open(f"{sys.argv[1]}/{s}-{t}.loss", "w") as f:
                json.dump(loss(source, t), f)
print(torch.backends.cpu.get_cpu_capability())
