/**
 * How long a test waits for anything. It only bounds a test that is going to fail, so it is far longer than anything takes
 * on a machine with twenty times the usual load.
 */
export const limitMs = 5 * 60_000
