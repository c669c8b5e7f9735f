/**
 * The least that `enroll --create`, `resync` and `unenroll --delete-device` need, for one's own user and for devices
 * whose names begin as awsmfa names them. Nothing of it is needed by `refresh`.
 *
 * Taking a device away needs MFA, as in AWS's own example: else stolen keys could do it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_iam_mfa-selfmanage.html).
 *
 * @param partition - such as `aws` or `aws-cn`
 */
export function iamPolicy(partition: string) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM's own variable
  const user = '${aws:username}'
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AwsmfaDevice',
        Effect: 'Allow',
        Action: ['iam:CreateVirtualMFADevice', 'iam:DeleteVirtualMFADevice'],
        Resource: `arn:${partition}:iam::*:mfa/awsmfa-${user}-*`,
      },
      {
        Sid: 'AwsmfaOwnUser',
        Effect: 'Allow',
        Action: ['iam:ListMFADevices', 'iam:EnableMFADevice', 'iam:ResyncMFADevice'],
        Resource: `arn:${partition}:iam::*:user/${user}`,
      },
      {
        Sid: 'AwsmfaOwnUserWithMfa',
        Effect: 'Allow',
        Action: 'iam:DeactivateMFADevice',
        Resource: `arn:${partition}:iam::*:user/${user}`,
        Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      },
    ],
  } as const
}

/** What to tell a person whom IAM has denied something. */
export function iamPolicyHints(partition: string): readonly string[] {
  return [
    'an administrator can allow it with this policy for the user (a user with a path needs the path in it too):',
    JSON.stringify(iamPolicy(partition)),
  ]
}
