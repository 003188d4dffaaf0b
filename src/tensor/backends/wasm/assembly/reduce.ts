export function reducePlaceholder(): void {}
