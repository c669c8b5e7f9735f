/** What an exit code of refresh means for the person. */
export function exitCodeInWords(exitCode: number): string {
  switch (exitCode) {
    case 0:
      return 'all good'
    case 2:
      return 'wrong usage (exit code 2): install the schedule again'
    case 3:
      return 'you are needed (exit code 3): awsmfa status tells why'
    case 4:
      return 'could not reach AWS (exit code 4); the next run tries again'
    default:
      return `broke off (exit code ${exitCode}): run awsmfa refresh --verbose`
  }
}
