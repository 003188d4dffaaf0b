export function softmaxPlaceholder(): void {}
