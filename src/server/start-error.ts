/** A reason not to start that the person who started the service can mend. */
export class StartError extends Error {}
