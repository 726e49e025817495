/** A reason not to go on that the person at the keyboard can mend. */
export class DataError extends Error {}
