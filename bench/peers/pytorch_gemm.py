"""Matrix products in PyTorch, from a list of sizes given as JSON: [[m, k, n, form], ...] with form nn, nt or tn.

    python pytorch_gemm.py --threads 1 --sizes '[[256, 256, 256, "nn"]]'
"""

import argparse
import json
import statistics
import sys
import time

try:
    import torch
except ImportError:
    sys.exit("PyTorch is not importable by this Python; left out (pip install torch)")


def measure(m, k, n, form):
    a = torch.randn(k, m).T if form == "tn" else torch.randn(m, k)
    b = torch.randn(n, k).T if form == "nt" else torch.randn(k, n)
    repeats = max(1, int(1e8 / (m * k * n)))
    times = []
    for run in range(-2, 7):
        began = time.perf_counter()
        for _ in range(repeats):
            a @ b
        if run >= 0:
            times.append((time.perf_counter() - began) / repeats)
    return 2e-9 * m * k * n / statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sizes", type=json.loads, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for m, k, n, form in args.sizes:
        name = f"{m}x{k}x{n}" + ("" if form == "nn" else f" {form}")
        line = {"group": "gemm", "name": name, "backend": "pytorch", "threads": args.threads, "value": measure(m, k, n, form), "unit": "GFLOP/s"}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
