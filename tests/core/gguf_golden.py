# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the rows of tst_dequantize.cpp: SHA-256 of what the gguf package (0.19) makes of blocks that the test makes too."""

import hashlib

import gguf
import numpy
from gguf import GGMLQuantizationType, quants

BLOCKS = 512

NAMES = """
Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ3_XXS IQ3_S IQ4_NL IQ4_XS
MXFP4 NVFP4 TQ1_0 TQ2_0
"""

for name in NAMES.split():
    kind = GGMLQuantizationType[name]
    _, size = gguf.GGML_QUANT_SIZES[kind]
    state = 12345
    blocks = bytearray()
    for _ in range(BLOCKS * size):
        state = (state * 1103515245 + 12345) & 0xFFFFFFFF
        blocks.append(state >> 16 & 0xFF)
    with numpy.errstate(all="ignore"):
        values = quants.dequantize(numpy.frombuffer(bytes(blocks), numpy.uint8).reshape(BLOCKS, size), kind)
    values = values.astype("<f4").reshape(-1)
    values[numpy.isnan(values)] = 0  # which NaN is nobody's business
    print(f'row(DType::{name}, "{hashlib.sha256(values.tobytes()).hexdigest()}");')
