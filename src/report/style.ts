/**
 * The style sheet of the page: light, dark and paper by variables alone; nothing is loaded from anywhere.
 */
const light = `
  --paper: #ffffff; --ink: #1d2126; --faint: #59636e; --grid: #eceff2; --edge: #d4d9de; --good: #1a7431; --bad: #b3261e;
  --series-1: #1f6fb4; --series-2: #c2540a; --series-3: #2c7f3c; --series-4: #8c4fa8; --series-5: #7a6a00;`;

const dark = `
  --paper: #14171a; --ink: #e4e7ea; --faint: #a3adb7; --grid: #24292e; --edge: #3a4149; --good: #6fcf86; --bad: #ff9a90;
  --series-1: #6cb2ee; --series-2: #f59e5b; --series-3: #7fcf8e; --series-4: #cf9de6; --series-5: #d9c64a;`;

export const styleSheet = `
:root { color-scheme: light; ${light} }
@media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark; ${dark} } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--edge); padding-bottom: .2rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
p { margin: .4rem 0 .8rem; max-width: 52rem; } .note, .interval, .task, .legend { color: var(--faint); font-size: .87em; } .paper { display: none; }
nav { margin: .8rem 0 0; } nav a { margin-right: 1rem; } a { color: var(--series-1); }
code { font: .85rem/1.5 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
dl { margin: .6rem 0; } dd { margin: 0; } .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .7rem; }
.cards > div { border: 1px solid var(--edge); border-radius: 6px; padding: .5rem .8rem; } .cards dt { font-size: .87em; } .cards dd:not(.note) { font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.talk > div { display: grid; grid-template-columns: minmax(12rem, 20rem) 1fr; gap: .2rem 1rem; padding: .4rem 0; border-bottom: 1px solid var(--grid); } .talk .task { display: block; }
@media (max-width: 40rem) { .talk > div { grid-template-columns: 1fr; } }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--edge); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--edge); white-space: nowrap; } tbody th { font-weight: 500; }
.numbers td, .numbers thead th + th { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.numbers .interval { display: block; } .numbers tbody th { white-space: nowrap; } .none { color: var(--faint); }
.part { font-size: .87em; } .part th { padding-left: 1.9rem; font-weight: 400; }
.above { color: var(--good); font-weight: 600; } .right { color: var(--good); } .wrong { color: var(--bad); }
.answers { table-layout: fixed; width: 100%; min-width: 46rem; } .answers td, .answers th { overflow-wrap: anywhere; } .answers .task { display: block; font-weight: 400; }
mark { background: var(--grid); color: inherit; border-bottom: 2px solid var(--series-2); }
.stage { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: .6rem 1.2rem; align-items: end; } figure { margin: 0; }
.panel { max-width: 420px; break-inside: avoid; } .panel svg { width: 100%; height: auto; }
figcaption { font-weight: 600; font-size: .9rem; } .legend { font-weight: 400; margin-left: .8rem; } .name { white-space: nowrap; margin-right: .6rem; }
.mark { display: inline-block; width: 1.3rem; border-top: 2.5px solid; margin: 0 .3rem .25rem 0; } .mark.dashed { border-top-style: dashed; }
.square { display: inline-block; width: .9rem; height: .9rem; background: var(--grid); margin-right: .25rem; vertical-align: -.1rem; }
.square i { display: block; width: 100%; height: 100%; background: var(--series-1); }
.controls label { margin-right: 1rem; } select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--edge); border-radius: 4px; padding: .1rem .3rem; }
#looked { min-height: 1.4em; } .missing { border-left: 4px solid var(--bad); padding: .1rem 0 .1rem 1rem; margin: 1rem 0; }
svg [aria-label="y-grid"] { stroke: var(--edge); stroke-opacity: 1; }
@media print {
  body { font-size: 10.5pt; max-width: none; padding: 0; } nav, select, #looked { display: none; } .controls label { display: none; }
  h2, h3 { break-after: avoid; } tr, figure { break-inside: avoid; } .wide { overflow: visible; } .answers { min-width: 0; font-size: 9pt; } .paper { display: inline; }
  .numbers { font-size: 8.5pt; } .numbers th, .numbers td, .numbers tbody th { padding: .15rem .3rem; white-space: normal; }
  .stage { grid-template-columns: repeat(3, 1fr); }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  #attention svg { max-width: 100%; height: auto; }
}
`;
