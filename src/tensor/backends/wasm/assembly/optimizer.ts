export function optimizerPlaceholder(): void {}
