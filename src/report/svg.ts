/**
 * Plots as SVG text: Observable Plot draws into linkedom, a document that is nothing but a string in the end. No browser takes
 * part.
 *
 * Pictures go inline into a page, so colours may be variables of its style sheet: one picture serves light, dark and paper.
 */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** `label` is what a screen reader says in place of the picture. */
export function svgOf(label: string, options: Plot.PlotOptions): string {
  const element = Plot.plot({ ...options, document: document as unknown as Document });
  element.setAttribute('role', 'img');
  // linkedom leaves `<` in attributes as it is, which is legal; a page without it is easier to trust.
  element.setAttribute('aria-label', label.replace(/[<>]/g, ' '));
  // Without it, the picture cannot be opened once somebody saves it as a file.
  element.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return element.outerHTML;
}
