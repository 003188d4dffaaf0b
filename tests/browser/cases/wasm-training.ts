export const cases: readonly import('../page-case.ts').PageCase[] = [];
