/**
 * The devices whose codes GetSessionToken takes: virtual ones, and hardware tokens, whose serial number is no ARN. The
 * others are passkeys and security keys (`:u2f/`), which AWS accepts in the console only, and SMS, which it has retired.
 */
export function usableDevices(serialNumbers: readonly string[]): readonly string[] {
  return serialNumbers.filter((each) => !each.startsWith('arn:') || /^arn:[^:]+:iam::[0-9]+:mfa\//.test(each))
}
