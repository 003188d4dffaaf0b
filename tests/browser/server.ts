/**
 * Serves the repository to the test pages: TypeScript is translated by vite on the way, the rest goes out as it is.
 *
 * A page has shared memory only under cross-origin isolation, two headers on the page itself and on whatever it loads. Pages
 * opened with `&unshared` in the address go without them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface PageServer {
  /** Address of the page for one suite. */
  address(suite: string, isolated: boolean): string;
  close(): Promise<void>;
}

export async function startServer(): Promise<PageServer> {
  const { createServer } = await import('vite');
  const cacheDir = mkdtempSync(join(tmpdir(), 'tiny-llm-browser-')); // of our own: two runs may go on at once
  const server = await createServer({
    root,
    cacheDir,
    configFile: false,
    appType: 'mpa', // a missing file is a 404, not the start page
    logLevel: 'warn',
    server: { host: '127.0.0.1', port: 0, watch: null, hmr: false },
    // Found while the first page loads, these would make it load again.
    optimizeDeps: { include: ['gpu.js', 'ndarray', 'uvu/assert'], entries: [] },
    plugins: [
      {
        name: 'cross-origin-isolation',
        configureServer({ middlewares }) {
          middlewares.use((request, response, next) => {
            response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
            if (!/[?&]unshared\b/.test(request.url ?? '')) {
              response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
              response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
            }
            next();
          });
        },
      },
    ],
  });
  await server.listen();
  const [base] = server.resolvedUrls!.local; // it listens now
  return {
    address: (suite, isolated) =>
      `${base}tests/browser/page.html?suite=${suite}${isolated ? '' : '&unshared'}`,
    async close() {
      await server.close();
      rmSync(cacheDir, { recursive: true, force: true });
    },
  };
}
