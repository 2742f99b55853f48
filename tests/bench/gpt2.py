# SPDX-License-Identifier: GPL-3.0-or-later
"""The GPT-2 of "Memory-efficient Model Weight Loading": names and shapes, and the module that its strategies fill."""
VOCABULARY, CONTEXT = 50257, 1024
CONFIGS = {"gpt2-small": (768, 12), "gpt2-xl": (1600, 48)}  # width, layers


def tensors(model):
    """(name, shape) in state_dict order, causal masks included."""
    width, layers = CONFIGS[model]
    yield "tok_emb.weight", (VOCABULARY, width)
    yield "pos_emb.weight", (CONTEXT, width)
    for layer in range(layers):
        block = f"trf_blocks.{layer}."
        yield block + "att.mask", (CONTEXT, CONTEXT)
        for name in ("W_query", "W_key", "W_value", "out_proj"):
            yield f"{block}att.{name}.weight", (width, width)
            yield f"{block}att.{name}.bias", (width,)
        yield block + "ff.layers.0.weight", (4 * width, width)
        yield block + "ff.layers.0.bias", (4 * width,)
        yield block + "ff.layers.2.weight", (width, 4 * width)
        yield block + "ff.layers.2.bias", (width,)
        for norm in ("norm1", "norm2"):
            yield f"{block}{norm}.scale", (width,)
            yield f"{block}{norm}.shift", (width,)
    yield "final_norm.scale", (width,)
    yield "final_norm.shift", (width,)
    yield "out_head.weight", (VOCABULARY, width)


def module(model):
    """A torch module with these parameters and buffers, initialised as torch initialises its layers."""
    import torch
    from torch import nn

    width, layers = CONFIGS[model]

    class Norm(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(width))
            self.shift = nn.Parameter(torch.zeros(width))

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mask", torch.triu(torch.ones(CONTEXT, CONTEXT), diagonal=1))
            for name in ("W_query", "W_key", "W_value", "out_proj"):
                setattr(self, name, nn.Linear(width, width))

    class FeedForward(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.att, self.ff, self.norm1, self.norm2 = Attention(), FeedForward(), Norm(), Norm()

    class Gpt(nn.Module):
        def __init__(self):
            super().__init__()
            self.tok_emb = nn.Embedding(VOCABULARY, width)
            self.pos_emb = nn.Embedding(CONTEXT, width)
            self.trf_blocks = nn.Sequential(*[Block() for _ in range(layers)])
            self.final_norm = Norm()
            self.out_head = nn.Linear(width, VOCABULARY, bias=False)

    return Gpt()
