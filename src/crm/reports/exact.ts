/*
 * Numbers of reports are exact decimals that are rounded once, at the end, to nine places and half away from zero. PostgreSQL
 * rounds so, but its division rounds before; the quotient of whole numbers does not.
 */

/** The SQL expression of a number as it is answered. */
export function rounded(number: string): string {
  return `round(${number}, 9)`;
}

/** The SQL expression of a quotient as it is answered; the divisor is positive. Null if the divisor is null. */
export function ratio(dividend: string, divisor: string | number): string {
  if (divisor === 1) return rounded(dividend);
  return `sign(${dividend}) * div(2000000000 * abs(${dividend}) + (${divisor}), 2 * (${divisor})) * 0.000000001`;
}
