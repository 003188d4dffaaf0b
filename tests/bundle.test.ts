/**
 * The engine runs in a browser as it is: a bundle of every file of it contains no Node module.
 *
 * All files of the folders are entries, not only what their index exports, so that nothing hides in a file that nobody imports
 * yet.
 */
import { readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from 'vite';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const folders = ['tensor', 'nn', 'models', 'losses', 'optim', 'generation', 'tokenizer', 'formats'];
const isBuiltin = (name: string) => name.startsWith('node:') || builtinModules.includes(name.split('/')[0]!);

const engine = folders
  .flatMap((folder) =>
    readdirSync(`${source}${folder}`, { recursive: true, encoding: 'utf8' }).map(
      (file) => `${folder}/${file}`,
    ),
  )
  // AssemblyScript looks like TypeScript, but is not.
  .filter((file) => file.endsWith('.ts') && !file.includes('/assembly/'))
  .concat('platform/browser.ts');

interface Bundle {
  /** `MODULE in FILE` for every Node module that is asked for. */
  readonly nodeModules: string[];
  readonly files: number;
  readonly code: string;
}

/** Bundle a module that imports all of `files` (of src/), plus `extra` code. */
async function bundle(files: readonly string[], extra = ''): Promise<Bundle> {
  const entry = '\0entry';
  const nodeModules: string[] = [];
  const imports = files.map((file, i) => `import * as part${i} from ${JSON.stringify(source + file)};`);
  const text = `${imports.join('\n')}\n${extra}\nexport const parts = [${files.map((_, i) => `part${i}`)}];`;
  const loaded = new Set<string>();
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'watch-imports',
        enforce: 'pre',
        resolveId(id, importer) {
          if (id === 'entry') return entry;
          if (!isBuiltin(id)) return null;
          nodeModules.push(`${id} in ${importer === entry ? 'entry' : relative(source, importer ?? '')}`);
          return { id, external: true };
        },
        load(id) {
          if (id === entry) return text;
          loaded.add(id);
          return null;
        },
      },
    ],
    build: {
      write: false,
      minify: false,
      rollupOptions: { input: 'entry', preserveEntrySignatures: 'strict' },
    },
  });
  const outputs = [result].flat().flatMap((part) => ('output' in part ? part.output : []));
  const code = outputs.map((part) => (part.type === 'chunk' ? part.code : '')).join('\n');
  const ours = [...loaded].filter((id) => id.startsWith(source)).length;
  return { nodeModules, files: ours, code };
}

test('every file of the engine is in the bundle, and no Node module', async () => {
  const { nodeModules, files, code } = await bundle(engine);
  assert.equal(nodeModules, []);
  assert.ok(files >= engine.length && engine.length > 80, `${files} files of ${engine.length}`);
  assert.match(code, /\bTokenizer = class\b/);
  assert.match(code, 'function decodeModel');
  assert.match(code, 'function startWasmBackend');
  assert.not.match(code, /\bfrom ['"](node:|fs|path|os)/);
  // Globals of Node would pass as imports do not show them.
  assert.not.match(code, /\b(process\.(env|argv|cwd|stdout|hrtime|memoryUsage)|__dirname|__filename)\b/);
});

test('control: Node modules are noticed, however they come in', async () => {
  const direct = await bundle([], "import { readFileSync } from 'node:fs'; export { readFileSync };");
  assert.equal(direct.nodeModules, ['node:fs in entry']);
  const bare = await bundle([], "import path from 'path'; export { path };");
  assert.equal(bare.nodeModules, ['path in entry']);
  const late = await bundle([], "export const os = () => import('os');");
  assert.equal(late.nodeModules, ['os in entry']);
  const { nodeModules } = await bundle(['platform/node.ts', 'storage/model-directory.ts']);
  assert.ok(nodeModules.includes('node:worker_threads in platform/node.ts'), nodeModules.join(', '));
  assert.ok(nodeModules.includes('node:fs in storage/model-directory.ts'), nodeModules.join(', '));
});

test.run();
