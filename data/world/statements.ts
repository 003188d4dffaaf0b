export const statementsOf = (subject: string): readonly string[] => [subject];
