# SPDX-License-Identifier: GPL-3.0-or-later
"""formats_broken_peer.py DIR: small sound files of torch, to be broken by the test."""
import os
import sys

import torch

d = {"a.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3), "b": {"c": torch.ones(2, dtype=torch.int64)}}
torch.save(d, os.path.join(sys.argv[1], "sound.pt"))
torch.save(d, os.path.join(sys.argv[1], "sound.legacy"), _use_new_zipfile_serialization=False)
