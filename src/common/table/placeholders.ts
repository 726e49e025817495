/** Adds values to the parameters of a statement, and returns the placeholder of each. */
export function placeholdersFor(parameters: unknown[]): (value: unknown) => string {
  return (value) => `$${parameters.push(value)}`;
}
