# SPDX-License-Identifier: GPL-3.0-or-later
"""gpu_table.py over made figures: what it says of a GPU, of the CPU, and of a folder in which steps are missing."""
import contextlib
import io
import json
import os
import tempfile
import unittest

import gpu_table

GIB = 2**30


def run(strategy, seconds, allocated=None, hwm=GIB, verified=True):
    return {"strategy": strategy, "seconds": seconds, "verified": verified, "host": {"vm_hwm": hwm, "peak_anon": 50 << 20},
            "device": None if allocated is None else {"peak_allocated": allocated},
            "phases": [{"name": "open", "start": 0.0, "end": 0.1}, {"name": "read", "start": 0.1, "end": seconds}]}


def on_gpu(*runs):
    return {"path": "data/gpt2-xl.pth", "device": "cuda:0", "model_bytes": 6_000_000_000, "runs": list(runs)}


DISK = [{"readers": 1, "depth": 1, "request_bytes": 8 << 20, "bytes": 4_000_000_000, "seconds": 4.0},
        {"readers": 2, "depth": 4, "request_bytes": 1 << 20, "bytes": 4_000_000_000, "seconds": 2.0}]
BUS = {"bytes": 1 << 30, "large_s": (1 << 30) / 20e9, "block_bytes": 4 << 20, "blocks_s": (1 << 30) / 16e9}


class GpuTable(unittest.TestCase):
    def said(self, **files):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                path = os.path.join(folder, name.replace("__", "/"))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path + (".txt" if name == "python" else ".json"), "w") as file:
                    file.write(content if isinstance(content, str) else json.dumps(content))
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                gpu_table.main(folder)
            return out.getvalue()

    def row(self, text, strategy):
        line = next(line for line in text.splitlines() if line.startswith(f"| {strategy} "))
        return [cell.strip() for cell in line.strip("|").split("|")]

    def test_gpu_beside_python_and_notebook(self):
        python = ('baseline @{"op_s": 9.5, "start": {"anon": 1, "file": 1, "hwm": 9}, "device": 13743895347}'
                  f'@{{"use_s": 1, "peak": {{"anon": 0, "file": 0, "hwm": {2 * GIB + 2}}}}}\n'
                  'lazy torch.OutOfMemoryError: CUDA out of memory @ 3\n')
        text = self.said(cold__report=on_gpu(run("streamed", 4.1, 6 * GIB)), python=python, direct_read=DISK, device_copy=BUS,
                         warm__report=on_gpu(run("baseline", 8.0, 13 * GIB), run("baseline", 6.0, 12 * GIB, 3 * GIB),
                                             run("baseline", 7.0, 12 * GIB, 2 * GIB), run("streamed", 0.5, 6 * GIB),
                                             run("meta", 3.0, verified=False)))
        self.assertEqual(self.row(text, "baseline"), ["baseline", "12.00", "12.80", "12.8", "2.00", "2.00", "4.4", "7.00", "9.50"])
        self.assertEqual(self.row(text, "meta"), ["meta", "", "", "12.8", "", "", "1.3", "failed", ""])
        self.assertEqual(self.row(text, "lazy")[-2:], ["", "failed"])
        self.assertIn("best of 2 ways of asking: 2.00 GB/s (2 readers, 4 requests of 1024 KiB each)", text)
        self.assertIn("from the disk, against that: 1.50 GB/s, 0.75 of 2.00 GB/s", text)
        self.assertIn("20.00 GB/s in one piece, 16.00 GB/s in blocks of 4 MiB", text)
        self.assertIn("from the page cache, against that: 15.00 GB/s, 0.75 of 20.00 GB/s", text)
        self.assertIn("page cache warm", text)
        self.assertIn("page cache cold: 1.0737 of the model on the GPU (6.00 GiB), 50 MiB anonymous on the host", text)

    def test_other_models_have_no_notebook(self):
        report = on_gpu(run("meta", 3.0, GIB))
        report["path"] = "data/gpt2-small.pth"
        text = self.said(warm__report=report)
        self.assertEqual(self.row(text, "meta"), ["meta", "1.00", "1.00", "3.00"])
        self.assertNotIn("notebook", text)
        self.assertNotIn("Python", text)

    def test_cpu_rehearsal(self):
        report = dict(on_gpu(run("streamed", 2.1)), device="cpu")
        text = self.said(warm__report=report, cold__report=report, direct_read=DISK)
        self.assertIn("### Medians; page cache warm", text)
        self.assertEqual(self.row(text, "streamed"), ["streamed", "1.00", "2.10"])
        self.assertNotIn("GPU", text)

    def test_missing_steps(self):
        self.assertIn("Neither", self.said())
        text = self.said(cold__report=on_gpu(run("meta", 3.0, GIB)), direct_read=[])
        self.assertIn("page cache cold", text)
        self.assertIn("no O_DIRECT read could be made", text)


if __name__ == "__main__":
    unittest.main()
