/** Ends the command with one sentence on standard error and exit code 1. */
export class CliError extends Error {}
