/**
 * The system's Chromium: where it is, and how it is started. Nothing is ever downloaded.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** WebGL2 and WebGPU computed by SwiftShader, on the CPU: present everywhere, and the same everywhere. */
const softwareGpu = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** The program named by CHROMIUM_PATH, else the first one in the PATH; null if there is none. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | null {
  const { CHROMIUM_PATH: named, PATH = '' } = environment;
  if (named) return existsSync(named) ? named : null;
  const inPath = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [...inPath, ...elsewhere].find((path) => existsSync(path)) ?? null;
}

export async function startChromium(path: string, more: readonly string[] = []): Promise<Browser> {
  const { chromium } = await import('playwright-core'); // half a second that finding no browser need not take
  return chromium.launch({
    executablePath: path,
    headless: true,
    args: [...softwareGpu, ...more],
    timeout: 60_000,
  });
}
