# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of the benchmark, made on first use and kept."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GB = 10**9


class Inputs:
    def __init__(self, folder, small, announce):
        self.folder = folder
        self.announce = announce
        self.model = "gpt2-small" if small else "gpt2-xl"
        self.model_bytes = int(0.8 * GB) if small else int(6.8 * GB)
        self.many_count = 10_000 if small else 100_000
        self.most_count = 100_000 if small else 1_000_000
        self.sparse_count = 200 if small else 2_000

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, needed_bytes, kind, arguments, names):
        """Runs data.py in a temporary folder and renames: an interrupted run leaves no input that looks complete."""
        paths = [self.path(name) for name in names]
        if all(os.path.exists(path) for path in paths):
            return paths
        free = shutil.disk_usage(self.folder).free
        if free < needed_bytes + GB:
            raise SystemExit(f"bench: {self.folder} has {free / GB:.1f} GB free, {', '.join(names)} need "
                             f"{needed_bytes / GB:.1f} GB and one to spare; name another DATA_DIR or use --small")
        self.announce(f"making {', '.join(names)}")
        # torch.save names the archive's folder after the file and some readers rely on it: only our folder is temporary.
        partial = self.path(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        os.mkdir(partial)
        made = [os.path.join(partial, name) for name in names]
        subprocess.run([sys.executable, os.path.join(HERE, "data.py"), kind, *arguments, *made], check=True)
        for source, destination in zip(made, paths):
            os.replace(source, destination)
        os.rmdir(partial)
        return paths

    def dense(self):
        """(pth, safetensors) of random weights."""
        return self.make(2 * self.model_bytes, "dense", [self.model],
                         [f"{self.model}.pth", f"{self.model}.safetensors"])

    def parts(self):
        """Directory with one file per tensor."""
        return self.make(self.model_bytes, "parts", [self.dense()[0]], [f"{self.model}.parts"])[0]

    def many(self):
        return self.small_tensors(self.many_count)

    def most(self):
        return self.small_tensors(self.most_count)

    def small_tensors(self, count):
        name = f"many-{count}"
        return self.make(700 * count, "many", [str(count)], [f"{name}.pth", f"{name}.safetensors"])

    def database(self, count):
        """What small_tensors(count) lists, as a table of SQLite."""
        name = f"many-{count}"
        return self.make(200 * count, "database", [self.small_tensors(count)[1]], [f"{name}.sqlite"])[0]

    def sparse(self):
        name = f"sparse-{self.sparse_count}"
        return self.make(10**7, "sparse", [str(self.sparse_count)], [f"{name}.pth", f"{name}.safetensors"])

    def need_output_space(self):
        free = shutil.disk_usage(self.folder).free
        if free < self.model_bytes + GB:
            raise SystemExit(f"bench: {self.folder} has {free / GB:.1f} GB free, an output needs "
                             f"{self.model_bytes / GB:.1f} GB and one to spare")
