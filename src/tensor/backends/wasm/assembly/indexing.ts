export function indexingPlaceholder(): void {}
