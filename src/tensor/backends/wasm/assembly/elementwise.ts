export function elementwisePlaceholder(): void {}
