/** A module from outside that the service cannot work with; the message says what to do. */
export class ModuleError extends Error {}
