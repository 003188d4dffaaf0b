/**
 * The Nodes that a test tries: this one, and those that TINY_LLM_NODES names (paths, a comma between them). Continuous
 * integration names Node 24 and 26; a test says which it did not see.
 */
export const nodes = [
  process.execPath,
  ...(process.env.TINY_LLM_NODES ?? '').split(',').filter((path) => path !== ''),
];
