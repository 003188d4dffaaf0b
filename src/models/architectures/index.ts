/**
 * The list of architectures. A new one is a file of its own and a line here.
 */
import { UserError } from '../../errors.ts';
import type { ModelConfig } from '../config.ts';
import type { Architecture } from './architecture.ts';
import { llama2 } from './llama2.ts';
import { moe } from './moe.ts';
import { tinyllm } from './tinyllm.ts';

const architectures: Architecture[] = [tinyllm, llama2, moe];

/** All of them, in order. */
export function allArchitectures(): readonly Architecture[] {
  return architectures;
}

export function architectureNames(): string[] {
  return architectures.map(({ name }) => name);
}

/** The architecture of this name; an unknown one is refused with the list of names. */
export function architectureNamed(name: string): Architecture {
  const found = architectures.find((architecture) => architecture.name === name);
  if (found === undefined) {
    throw new UserError(
      `There is no architecture "${name}"; choose one of ${architectureNames().join(', ')}`,
    );
  }
  return found;
}

export function architectureOf(config: ModelConfig): Architecture {
  return architectureNamed(config.arch);
}

/** Add one from outside (an experiment, a test); returns a function that takes it out again. */
export function registerArchitecture(architecture: Architecture): () => void {
  const { name, onDisk } = architecture;
  const rival = architectures.find(
    (other) => other.name === name || other.onDisk.modelType === onDisk.modelType,
  );
  if (rival !== undefined) {
    throw new Error(
      `registerArchitecture: "${name}" (${onDisk.modelType}) would hide "${rival.name}" (${rival.onDisk.modelType})`,
    );
  }
  architectures.push(architecture);
  return () => void architectures.splice(architectures.indexOf(architecture), 1);
}
