/** A constraint that a client can break with the value of one parameter. */
export interface ParameterConstraint {
  param: string;
  /** The resource whose rows it is on. */
  resource: string;
  /** Is it the id that another system gave the object, which the service looks up before it writes? */
  isExternalId?: true;
  /** Of a check: what is said of the parameter, as the rest of a sentence. */
  rule?: string;
  /** Of a foreign key: the resource and the table that the parameter names an object of. */
  references?: { resource: string; table: string };
}

const known = new Map<string, ParameterConstraint>();

/** Has a violation of the constraint answered on its parameter, whichever statement meets it. */
export function answerConstraint(table: string, name: string, constraint: ParameterConstraint): void {
  known.set(`${table} ${name}`, constraint);
}

export function constraintOf(table: string, name: string): ParameterConstraint | undefined {
  return known.get(`${table} ${name}`);
}
