/**
 * Ctrl-C during long work: the first one asks for a stop at the next good moment, a second one ends the process.
 */

/** Returns what tells whether the user has asked to stop. */
export function stopOnCtrlC(): () => boolean {
  let asked = false;
  process.once('SIGINT', () => {
    asked = true;
    process.stderr.write('\nStopping after this step; a second Ctrl-C stops at once.\n');
  });
  return () => asked;
}
