// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What load/ uses of LibTorch, precompiled once: torch/torch.h would cost half as much again.
#include <ATen/ATen.h>
#include <torch/nn/module.h>
