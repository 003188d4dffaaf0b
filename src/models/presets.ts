/**
 * Model sizes by name. Each architecture has its own (models/architectures); all have pico, nano and micro.
 */
import { UserError } from '../errors.ts';
import { architectureNamed, architectureNames } from './architectures/index.ts';
import type { ModelConfig } from './config.ts';
import { parameterCount } from './shapes.ts';

export const DEFAULT_ARCHITECTURE = 'tinyllm';

export function presetNames(arch = DEFAULT_ARCHITECTURE): string[] {
  return Object.keys(architectureNamed(arch).presets);
}

/** Every name that some architecture has. */
export function allPresetNames(): string[] {
  return [...new Set(architectureNames().flatMap((arch) => presetNames(arch)))];
}

/** The config of a preset; a name that the architecture does not have is refused with the list of those it has. */
export function preset(name: string, arch = DEFAULT_ARCHITECTURE): ModelConfig {
  const { presets } = architectureNamed(arch);
  const config = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (config === undefined) {
    throw new UserError(
      `There is no preset "${name}" of architecture ${arch}; choose one of ${presetNames(arch).join(', ')}`,
    );
  }
  return config;
}

/** The preset of its architecture whose size is nearest to that of a model, by their numbers of parameters with one vocabulary. */
export function nearestPreset(config: ModelConfig): string {
  const size = (each: ModelConfig) =>
    Math.log(parameterCount({ ...each, vocabSize: config.vocabSize }) / parameterCount(config));
  const { presets } = architectureNamed(config.arch);
  const distances = Object.entries(presets).map(([name, each]) => ({ name, distance: Math.abs(size(each)) }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  if (nearest === undefined) throw new TypeError(`The architecture ${config.arch} has no presets`);
  return nearest.name;
}
