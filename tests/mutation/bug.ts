/**
 * A bug to plant: one place in one file of src/ and what stands there instead.
 *
 * The bugs of an area are the kind that people make, each in code as it is today. When that code changes, the text to find is no
 * longer there and run.ts says so: then the bug is written anew for the new code, or taken out with it.
 */
export interface Bug {
  /** Under src/. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What goes wrong with it, for whoever looks for the missing test. */
  readonly breaks: string;
  /** Words for `npm test --` beside the file's own test; needed where there is none, as for the wasm kernels. */
  readonly tests?: string;
}

export interface Area {
  readonly name: string;
  /** What is run where the nearest tests see nothing. */
  readonly tests: string;
  readonly bugs: Readonly<Record<string, Bug>>;
}
