/** For workers.test.ts: a file that never finishes loading. */
await new Promise(() => {});
