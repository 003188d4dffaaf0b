"""PyTorch as a child process of compare.ts: one request a line on standard input, one answer a line (bench/turns/protocol.ts).

    python pytorch.py --threads 2 [--compile] [--transformers]
"""

import argparse
import json
import math
import sys
import time

try:
    import torch
except ImportError:
    sys.exit("PyTorch is not importable by this Python; left out (pip install torch)")

WARM_SECONDS = 0.3
LONG_SECONDS = 3


def prepare(task, compiled):
    """(amount, unit, function without arguments): amount / milliseconds of a call is a number of `unit`."""
    if task["group"] == "train":
        from pytorch_train import make_step

        step = make_step(task["name"], task["rows"], compiled)
        return 1000 * step.tokens, "tokens/s", step
    if task["group"] == "generate":
        from pytorch_generate import make_decoder

        decode = make_decoder(task["name"], task["batch"])
        return 1000 * decode.tokens, "tokens/s", decode
    if task["group"] == "gemm":
        m, k, n = task["size"]
        a = torch.randn(k, m).T if task["form"] == "tn" else torch.randn(m, k)
        b = torch.randn(n, k).T if task["form"] == "nt" else torch.randn(k, n)
        return 2e-6 * m * k * n, "GFLOP/s", lambda: a @ b
    raise ValueError(f"there is no {task['group']} in PyTorch's part")


def seconds(call, calls=1):
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls


def warm(call):
    began, calls, best = time.perf_counter(), 0, math.inf
    while calls < 3 or time.perf_counter() - began < WARM_SECONDS:
        best = min(best, seconds(call))
        calls += 1
        if best > LONG_SECONDS:
            break
    return best


def turn(call, least):
    """One call that does not count where that is cheap: another process has used the caches since the last turn."""
    first = seconds(call)
    if first > least / 4:
        more = max(0, math.ceil(least / first) - 1)
        rest = seconds(call, more) if more > 0 else 0
        return (first + rest * more) / (1 + more), 1 + more
    calls = max(1, math.ceil(least / first))
    return seconds(call, calls), calls


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--transformers", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    backend, version = "pytorch-compile" if args.compile else "pytorch", f"PyTorch {torch.__version__}"
    if args.transformers:
        try:
            import transformers
        except ImportError:
            sys.exit("Transformers is not importable by this Python; left out (pip install transformers)")
        backend, version = "transformers", f"Transformers {transformers.__version__}, {version}"
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints is no answer

    def say(line):
        print(json.dumps(line), file=answers, flush=True)

    say({"backend": backend, "version": version, "threads": args.threads})
    tasks = []
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "open" in request:
                amount, unit, call = prepare(request["open"], args.compile)
                tasks.append((amount, unit, call))
                say({"task": len(tasks) - 1, "amount": amount, "unit": unit, "ms": 1000 * warm(call)})
            elif "run" in request:
                mean, calls = turn(tasks[request["run"]][2], request["leastMs"] / 1000)
                say({"ms": 1000 * mean, "calls": calls})
            elif "close" in request:
                tasks[request["close"]] = None
                say({})
            else:
                say({"error": "PyTorch's part opens, runs and closes tasks"})
        except Exception as error:  # the parent leaves this task out and goes on
            say({"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"})


if __name__ == "__main__":
    main()
