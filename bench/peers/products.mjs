/**
 * What the JavaScript peers share: sizes from the command line, medians, JSON lines. Of several ways to do a product the fastest
 * counts.
 */
export async function measureAll(backend, prepare) {
  const sizes = JSON.parse(process.argv[process.argv.indexOf('--sizes') + 1]);
  for (const [m, k, n, form] of sizes) {
    const speeds = [];
    for (const run of await prepare(m, k, n, form)) speeds.push((2 * m * k * n) / (await medianMs(run)) / 1e6);
    const name = `${m}x${k}x${n}${form === 'nn' ? '' : ` ${form}`}`;
    const line = { group: 'gemm', name, backend, threads: 1, value: Math.max(...speeds), unit: 'GFLOP/s' };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  process.exit(0);
}

async function medianMs(run) {
  const once = async (repeats) => {
    const began = performance.now();
    for (let i = 0; i < repeats; i++) await run();
    return (performance.now() - began) / repeats;
  };
  for (let i = 0; i < 5; i++) await run();
  const repeats = Math.max(1, Math.ceil(3 / (await once(1))));
  const times = [];
  for (let i = 0; i < 9; i++) times.push(await once(repeats));
  return times.sort((a, b) => a - b)[4];
}
