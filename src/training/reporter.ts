/**
 * What a long job tells the person who waits. The commands decide how it looks (a bar on a terminal, plain lines elsewhere).
 */
export interface Reporter {
  /** A line of its own. */
  note(text: string): void;
  /** A job of `total` steps begins, `done` of them made already. */
  begin(job: string, total: number, done?: number): void;
  advance(done: number, details: string): void;
  end(summary: string): void;
}

export const silentReporter: Reporter = {
  note: () => {},
  begin: () => {},
  advance: () => {},
  end: () => {},
};
