/**
 * A test case that runs in a page. It fails by throwing, by an uncaught error, by an error on the console, or by taking too long.
 */
export interface PageCase {
  readonly name: string;
  /** Returns what is worth printing behind the name (figures), if anything. */
  readonly run: () => Promise<string | undefined> | string | undefined;
  /** Console errors that belong to this case (a file that is missing on purpose); all others fail it. */
  readonly expectedErrors?: RegExp;
}

/** What the page offers to the runner. */
export interface PageTests {
  readonly list: () => { readonly name: string; readonly expectedErrors: string | undefined }[];
  readonly run: (name: string) => Promise<Outcome>;
}

export type Outcome =
  | { readonly ok: true; readonly figures: string }
  | { readonly ok: false; readonly why: string };
