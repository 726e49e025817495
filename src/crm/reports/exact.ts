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

/** The same for a divisor of any sign; null where it is 0. */
export function signedRatio(dividend: string, divisor: string): string {
  const [a, b] = [`(${dividend})`, `(${divisor})`];
  return `case when ${b} <> 0 then sign(${a}) * sign(${b}) * div(2000000000 * abs(${a}) + abs(${b}), 2 * abs(${b})) * 0.000000001 end`;
}
